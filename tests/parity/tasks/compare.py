"""The first thing in which two records differ: request by request, sample by sample, metric by metric."""

from __future__ import annotations

import dataclasses
import re
from typing import Any

TOLERANCE = 1e-9
# What only ours reports, or what either names in its own way; the table of differences says so.
NOT_COMPARED = {"alias", "name", "sample_len", "sample_count", " "}


@dataclasses.dataclass
class Difference:
    cause: str  # a short class, the same for all tasks with this trouble
    detail: str  # where, and both values


def close(ours: Any, theirs: Any) -> bool:
    if isinstance(ours, bool) or isinstance(theirs, bool):
        return ours == theirs and (isinstance(ours, (bool, int, float)) and isinstance(theirs, (bool, int, float)))
    if isinstance(ours, (int, float)) and isinstance(theirs, (int, float)):
        return abs(ours - theirs) <= TOLERANCE * max(abs(ours), abs(theirs), 1e-300) or ours == theirs
    if isinstance(ours, list) and isinstance(theirs, list):
        return len(ours) == len(theirs) and all(map(close, ours, theirs))
    if isinstance(ours, dict) and isinstance(theirs, dict):
        return ours.keys() == theirs.keys() and all(close(ours[key], theirs[key]) for key in ours)
    return type(ours) is type(theirs) and ours == theirs


def _shown(ours: str, theirs: str) -> str:
    """Both texts around the first character in which they differ."""
    at = next((i for i, (a, b) in enumerate(zip(ours, theirs)) if a != b), min(len(ours), len(theirs)))
    start = max(0, at - 30)
    return f"at {at}: ours {ours[start : at + 40]!r}, lm-eval {theirs[start : at + 40]!r}"


def _text_cause(ours: str, theirs: str) -> str:
    if ours == theirs.rstrip("\n") or ours.rstrip() == theirs.rstrip():
        return "white space at the end"
    if re.sub(r"\s+", "", ours) == re.sub(r"\s+", "", theirs):
        return "white space"
    return "text"


def options_of(options: dict[str, Any]) -> dict[str, Any]:
    """One name for one thing; an option that is null is not given."""
    plain = {("max_new_tokens" if key == "max_gen_toks" else key): value for key, value in options.items()}
    if isinstance(plain.get("until"), str):
        plain["until"] = [plain["until"]]
    return {key: value for key, value in plain.items() if value is not None and value != []}


def _request_difference(ours: dict, theirs: dict) -> Difference | None:
    where = f"doc {theirs['doc_id']} index {theirs['index']}"
    for field in ("type", "repeats"):
        if ours[field] != theirs[field]:
            return Difference(f"request: {field}", f"{where}: ours {ours[field]}, lm-eval {theirs[field]}")
    for field in ("context", "continuation"):
        if ours.get(field, "") != theirs.get(field, ""):
            cause = _text_cause(ours.get(field, ""), theirs.get(field, ""))
            return Difference(f"request: {field}, {cause}", f"{where} {_shown(ours.get(field, ''), theirs.get(field, ''))}")
    mine, other = options_of(ours.get("options", {})), options_of(theirs.get("options", {}))
    for key in sorted(mine.keys() | other.keys()):
        if not close(mine.get(key), other.get(key)):
            return Difference(f"request: option {key}", f"ours {mine.get(key)!r}, lm-eval {other.get(key)!r}")
    return None


def _keyed(rows: list[dict], *fields: str) -> dict[tuple, dict]:
    return {tuple(row[field] for field in fields): row for row in rows}


def _requests(ours: dict, theirs: dict) -> Difference | None:
    mine, other = (_keyed(record["requests"], "task", "doc_id", "index") for record in (ours, theirs))
    if mine.keys() != other.keys():
        missing, more = sorted(other.keys() - mine.keys())[:3], sorted(mine.keys() - other.keys())[:3]
        problems = "; ".join(ours.get("problems", []))[:200]
        if problems:
            return Difference("ours could not build or score a doc: " + _without_names(problems), problems)
        return Difference("requests: number", f"ours {len(mine)}, lm-eval {len(other)}, missing {missing}, more {more}")
    for key in sorted(other):
        difference = _request_difference(mine[key], other[key])
        if difference:
            return difference
    return None


def _text_leaves(value: Any) -> Any:
    return [_text_leaves(item) for item in value] if isinstance(value, (list, tuple)) else str(value)


def _filtered(value: list) -> Any:
    """Our samples hold texts, and a list of one without its list, as lmms-eval writes them."""
    value = _text_leaves(value)
    return value[0] if len(value) == 1 else value


def _sample_difference(ours: dict, theirs: dict) -> Difference | None:
    where = f"doc {theirs['doc_id']} filter {theirs['filter']}"
    if ours.get("status") != "answered":
        return Difference("sample: " + _without_names(str(ours.get("error"))), f"{where}: {ours.get('error')}")
    if ours["target"] != theirs["target"]:
        return Difference("sample: target", f"{where}: ours {ours['target']!r}, lm-eval {theirs['target']!r}")
    filtered = _filtered(theirs["filtered"])
    if ours["filtered_resps"] != filtered:
        return Difference("sample: filtered answer", f"{where}: ours {ours['filtered_resps']!r}, lm-eval {filtered!r}")
    for metric, value in theirs["values"].items():
        if metric not in ours:
            return Difference(f"sample: no {metric}", where)
        if not close(ours[metric], value):
            return Difference(f"sample: {metric}", f"{where}: ours {ours[metric]!r}, lm-eval {value!r}, of {filtered!r}, "
                              f"target {theirs['target']!r}")  # fmt: skip
    return None


def _samples(ours: dict, theirs: dict) -> Difference | None:
    mine, other = (_keyed(record["samples"], "task", "filter", "doc_id") for record in (ours, theirs))
    for key in sorted(other):
        if key not in mine:
            problems = "; ".join(ours.get("problems", []))[:300]
            return Difference("sample: missing " + _without_names(problems), f"{key} {problems}")
        difference = _sample_difference(mine[key], other[key])
        if difference:
            return difference
    return None


def _results(ours: dict, theirs: dict) -> Difference | None:
    """lm-eval has neither lmms-eval's errors nor, over repeats, its stability."""
    errors = ["stderr_clt", "stderr_clustered"]
    stability = ["expected_accuracy", "consensus_accuracy", "internal_variance", "consistency_rate"]
    repeats = any(request["repeats"] > 1 for request in ours["requests"])
    for name, row in theirs["results"].items():
        mine = ours["results"].get(name)
        if mine is None:
            return Difference("results: a row is missing", name)
        for key, value in row.items():
            if key in NOT_COMPARED:
                continue
            if key not in mine:
                return Difference(f"results: no {key.split(',')[0]}", f"{name}: {key}")
            if not close(mine[key], value):
                return Difference(f"results: {key.split(',')[0]}", f"{name}: {key}: ours {mine[key]!r}, lm-eval {value!r}")
        ours_alone = re.compile(rf"_({'|'.join(errors + (stability if repeats else []))}),")
        extra = {key for key in mine.keys() - row.keys() - NOT_COMPARED if not ours_alone.search(key)}
        if extra:
            return Difference("results: more keys than lm-eval", f"{name}: {sorted(extra)}")
    return None


def _tables(ours: dict, theirs: dict) -> Difference | None:
    for part in ("n-shot", "versions", "higher_is_better", "group_subtasks", "n-samples"):
        for name, value in theirs[part].items():
            mine = ours[part].get(name)
            if part == "n-samples":  # ours counts what failed besides
                mine = {key: (mine or {}).get(key) for key in value}
            same = str(mine) == str(value) if part == "versions" else close(mine, value)
            if not same:
                return Difference(f"table: {part}", f"{name}: ours {mine!r}, lm-eval {value!r}")
    return None


def _without_names(message: str) -> str:
    """The message without what differs from task to task."""
    message = re.sub(r"\(while .*", "", message)
    message = re.sub(r"/\S*?(:\d+)?(?=[:\s]|$)", "FILE", message)
    message = re.sub(r"\bdocs? \d+", "doc N", message)
    message = re.sub(r"\(first: [^)]*\)", "", message)
    return re.sub(r"FILE:\d*:?\s*", "", message).strip()[:140]


def compare(ours: dict, theirs: dict) -> Difference | None:
    """None: the same, or neither of the two can run it and lm-eval says why."""
    if "error" in theirs and "error" in ours:
        if any(words in ours["error"] for words in ("in this version", "the program ended")):
            return Difference("neither runs", f"lm-eval: {theirs['error']}; ours: {ours['error']}")
        return None
    if "error" in theirs:
        return Difference("only lm-eval fails: " + _without_names(theirs["error"])[:80], theirs["error"])
    if "error" in ours:
        return Difference("ours: " + _without_names(ours["error"]), ours["error"])
    for step in (_requests, _samples, _results, _tables):
        difference = step(ours, theirs)
        if difference:
            return difference
    return None
