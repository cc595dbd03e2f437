"""Runs tasks, a matrix of flags and groups through both programs, and says what differs."""

from __future__ import annotations

import argparse
import collections
import copy
import dataclasses
import functools
import json
import logging
import pathlib
import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from . import catalogue, compare, docs, groups, material
from .workers import Pair

BATCH = 48


@dataclasses.dataclass
class Outcome:
    id: str
    part: str  # "YAML as it is", "flags", "groups"
    output_type: str
    cause: str = ""  # empty: the same
    detail: str = ""


VARIANTS: list[dict[str, Any]] = [
    {"options": {"num_fewshot": 0}},
    {"options": {"num_fewshot": 1}},
    {"options": {"num_fewshot": 5}},
    {"options": {"num_fewshot": 3, "fewshot_seed": 77}},
    {"options": {"num_fewshot": 2, "system_instruction": "Be brief."}},
    {"options": {"system_instruction": "Answer in one word.\n"}},
    {"options": {"num_fewshot": 2, "chat": True, "multiturn": True, "system_instruction": "Be kind."}},
    {"options": {"num_fewshot": 2, "chat": True}},
    {"options": {"num_fewshot": 0, "chat": True, "multiturn": True}},
    {"options": {"limit": 0.5}},
    {"options": {"limit": 3, "num_fewshot": 1}},
    {"options": {"gen_kwargs": {"temperature": 0.5, "do_sample": True, "max_gen_toks": 17}}, "only": "generate_until"},
    {"options": {"bootstrap_iters": 2500, "limit": 4}},
    {"changes": {"repeats": 3}, "options": {"num_fewshot": 0}},
    {
        "changes": {
            "repeats": 5,
            "filter_list": [
                {"name": "maj", "filter": [{"function": "remove_whitespace"}, {"function": "majority_vote"}, {"function": "take_first"}]},
                {"name": "score-first", "filter": [{"function": "take_first"}]},
                {"name": "maj@3", "filter": [{"function": "take_first_k", "k": 3}, {"function": "majority_vote"}, {"function": "take_first"}]},
            ],
        },
        "only": "generate_until",
    },
    {
        "changes": {
            "filter_list": [
                {"name": "number", "filter": [{"function": "regex", "regex_pattern": "(-?[0-9.,]{2,})|(-?[0-9]+)", "group_select": -1}, {"function": "remove_whitespace"}, {"function": "take_first"}]},
                {"name": "letter", "filter": [{"function": "regex", "regex_pattern": "\\(([A-E])\\)|answer is (\\w+)", "fallback": "none"}, {"function": "lowercase"}, {"function": "map", "mapping_dict": {"a": "A", "b": "(B)"}, "default_value": "?"}, {"function": "take_first"}]},
                {"name": "upper", "filter": [{"function": "uppercase"}, {"function": "take_first"}]},
            ],
        },
        "only": "generate_until",
    },
    {
        "changes": {
            "metric_list": [
                {"metric": "exact_match", "aggregation": "mean", "higher_is_better": True, "ignore_case": True, "ignore_punctuation": True, "regexes_to_ignore": [",", "\\$", "(?s).*#### "]},
            ],
        },
        "only": "generate_until",
    },
]  # fmt: skip


def compile_templates_once() -> None:
    import lm_eval.utils

    logging.disable(logging.CRITICAL)
    lm_eval.utils.env.from_string = functools.lru_cache(maxsize=4096)(lm_eval.utils.env.from_string)


def plain_jobs(found: catalogue.Catalogue, names: Iterable[str], folder: pathlib.Path) -> Iterator[dict]:
    for i, name in enumerate(names):  # a folder each: ours reads the neighbours of a YAML file, for the names in them
        yield task_job(found, name, folder / "plain" / str(i), name, "YAML as it is", {}, {})


def task_job(found: catalogue.Catalogue, name: str, folder: pathlib.Path, label: str, part: str,
              options: dict, changes: dict) -> dict:  # fmt: skip
    entry = found.tasks[name]
    output_type = entry.config.get("output_type", "generate_until")
    job = {"id": label, "part": part, "output_type": output_type, "options": options}
    if changes:
        entry = dataclasses.replace(entry, config={**copy.deepcopy(entry.config), **changes})
    try:
        path, golds = material.write_task(entry, folder, changes, options.get("num_fewshot"))
    except docs.NoDocs as error:
        return {**job, "no_docs": str(error)}
    return {**job, "tasks": [str(path)], "golds": {name: golds}}


def matrix_jobs(found: catalogue.Catalogue, names: list[str], folder: pathlib.Path) -> Iterator[dict]:
    """Each task with one row of flags, in turn; rows that fit only some tasks take the next that fits."""
    for i, name in enumerate(names):
        output_type = found.tasks[name].config.get("output_type", "generate_until")
        fitting = [row for row in VARIANTS if row.get("only", output_type) == output_type]
        row = fitting[i % len(fitting)]
        changes, options = row.get("changes", {}), dict(row.get("options", {}))
        samples = (found.tasks[name].config.get("fewshot_config") or {}).get("samples")
        if isinstance(samples, list) and "num_fewshot" in options:
            options["num_fewshot"] = min(options["num_fewshot"], len(samples))
        label = f"{name} {json.dumps({**options, **{key: '…' if isinstance(value, list) else value for key, value in changes.items()}}, ensure_ascii=False)}"
        yield task_job(found, name, folder / "flags" / str(i), label, "flags", options, changes)


def batches(jobs: Iterator[dict], size: int) -> Iterator[list[dict]]:
    batch: list[dict] = []
    for job in jobs:
        batch.append(job)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch


def outcome(job: dict, ours: dict, theirs: dict) -> Outcome:
    result = Outcome(job["id"], job["part"], job["output_type"])
    difference = compare.compare(ours, theirs)
    if difference:
        result.cause, result.detail = difference.cause, difference.detail
    return result


def run(jobs: Iterator[dict], pair: Pair, tell: Callable[[list[Outcome]], None] = lambda _: None,
        keep: pathlib.Path | None = None) -> list[Outcome]:  # fmt: skip
    outcomes: list[Outcome] = []
    for batch in batches(jobs, BATCH):
        done = [Outcome(job["id"], job["part"], job["output_type"], "no docs were found", job["no_docs"])
                for job in batch if "no_docs" in job]  # fmt: skip
        for job, ours, theirs in pair.ask([job for job in batch if "no_docs" not in job]):
            done.append(outcome(job, ours, theirs))
            if keep is not None and done[-1].cause:
                keep.mkdir(parents=True, exist_ok=True)
                record = {"job": job, "ours": ours, "theirs": theirs, "cause": done[-1].cause, "detail": done[-1].detail}
                (keep / (material.safe(job["id"])[:120] + ".json")).write_text(json.dumps(record, ensure_ascii=False))
        outcomes += done
        tell(outcomes)
    return outcomes


def summary(outcomes: list[Outcome]) -> str:
    rows: dict[tuple[str, str], list[int]] = {}
    for item in outcomes:
        row = rows.setdefault((item.part, item.output_type), [0, 0])
        row[0] += not item.cause
        row[1] += 1
    lines = ["| part | output_type | the same | of | share |", "|---|---|---|---|---|"]
    for (part, kind), (same, count) in sorted(rows.items()):
        lines.append(f"| {part} | {kind} | {same} | {count} | {same / count:.2%} |")
    same = sum(not item.cause for item in outcomes)
    lines.append(f"| all | | {same} | {len(outcomes)} | {same / max(1, len(outcomes)):.2%} |")
    return "\n".join(lines)


def causes(outcomes: list[Outcome], examples: int = 2) -> str:
    by_cause: dict[str, list[Outcome]] = collections.defaultdict(list)
    for item in outcomes:
        if item.cause:
            by_cause[item.cause].append(item)
    lines = []
    for cause, items in sorted(by_cause.items(), key=lambda pair: -len(pair[1])):
        lines.append(f"{len(items):5} {cause}")
        lines += [f"        {item.id}: {item.detail[:300]}" for item in items[:examples]]
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--full", action="store_true", help="every YAML, and write docs/compatibility.md")
    parser.add_argument("--sample", type=int, default=150, help="so many YAML files, drawn by --seed")
    parser.add_argument("--matrix", type=int, default=60, help="so many tasks with other flags")
    parser.add_argument("--groups", type=int, default=4, help="so many groups; mmlu is always one")
    parser.add_argument("--seed", default="1")
    parser.add_argument("--only", help="the tasks whose name holds this text")
    parser.add_argument("--keep", type=pathlib.Path, help="write both records of whatever differs into this folder")
    parser.add_argument("--outcomes", type=pathlib.Path, help="write a JSON line per task")
    arguments = parser.parse_args()
    compile_templates_once()
    found = catalogue.read()
    names = sorted(found.tasks)
    random.Random(arguments.seed).shuffle(names)
    if arguments.only:
        names = [name for name in names if arguments.only in name]
    group_names = groups.order(found, arguments.seed)
    if not arguments.full:
        matrix, names = names[: arguments.matrix], names[: arguments.sample]
        group_names = group_names[: arguments.groups]
    else:
        matrix = names[: 60 * len(VARIANTS)]
    started = time.monotonic()

    def tell(outcomes: list[Outcome]) -> None:
        failed = sum(bool(item.cause) for item in outcomes)
        print(f"\r{len(outcomes)} done, {failed} differ, {time.monotonic() - started:.0f} s", end="", file=sys.stderr)

    with tempfile.TemporaryDirectory(prefix="lmms_eval_parity.") as scratch, Pair() as pair:
        folder = pathlib.Path(scratch)
        outcomes = run(plain_jobs(found, names, folder), pair, tell, arguments.keep)
        outcomes += run(matrix_jobs(found, matrix, folder), pair, tell, arguments.keep)
        outcomes += run(groups.jobs(found, group_names, folder), pair, tell, arguments.keep)
    print(file=sys.stderr)
    print(summary(outcomes))
    print(causes(outcomes))
    if arguments.outcomes:
        arguments.outcomes.write_text("".join(json.dumps(dataclasses.asdict(item), ensure_ascii=False) + "\n" for item in outcomes))
    if arguments.full and not arguments.only:
        from . import table

        table.write(outcomes, found)
    return 1 if any(item.cause for item in outcomes) else 0


if __name__ == "__main__":
    sys.exit(main())
