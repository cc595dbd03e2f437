"""docs/compatibility.md: what the full run found, and of which parity code it is the result."""

from __future__ import annotations

import hashlib
import pathlib
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .catalogue import Catalogue
    from .run import Outcome

ROOT = pathlib.Path(__file__).resolve().parents[3]
TABLE = ROOT / "docs" / "compatibility.md"


def code_hash() -> str:
    """Of everything that decides what is compared: the harness, our side of it, the versions of the oracles."""
    here = pathlib.Path(__file__).parent
    lock = (ROOT / "tools" / "deps.lock").read_text(encoding="utf-8")
    digest = hashlib.sha256(lock[lock.index("\n[deps]") :].encode())
    for path in [*sorted(here.glob("*.py")), here.parent / "task_driver.cpp"]:
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]


def written_hash(text: str) -> str | None:
    found = re.search(r"<!-- parity code ([0-9a-f]{16}) -->", text)
    return found[1] if found else None


def _cell(text: str) -> str:
    return re.sub(r"\s+", " ", text).replace("|", "\\|").replace("<", "&lt;")[:220]


def text_of(outcomes: list["Outcome"], counts: dict[str, int]) -> str:
    from .run import summary

    failed = [item for item in outcomes if item.cause]
    by_cause: dict[str, int] = {}
    for item in failed:
        by_cause[item.cause] = by_cause.get(item.cause, 0) + 1
    lines = [
        "# Held against lm-eval 0.4.13",
        "",
        f"<!-- parity code {code_hash()} -->",
        "Written by `tools/parity --full`. Every YAML of lm-eval that needs no Python function is run by the real lm-eval and",
        "by lmms_eval on the same synthetic docs and the same fake model. The same means: every request (context, continuation,",
        "generation options), every sample (target, filtered answers, value of each metric), every metric and its standard",
        "error, to 1e-9.",
        "",
        summary(outcomes),
        "",
        "## The files",
        "",
        "| what | files |",
        "|---|---|",
        *[f"| {_cell(kind)} | {count} |" for kind, count in sorted(counts.items(), key=lambda pair: -pair[1])],
        "",
        "Members of groups that need Python are stood in for by a small task of their name. 'flags' runs one row of a matrix of",
        "flags (few-shot 0, 1, 5, seeds, system instruction, chat template, multi-turn, limit, generation options, repeats with",
        "majority vote, filter chains) on each of a part of the tasks.",
        "",
        "## What differs",
        "",
    ]
    if not failed:
        return "\n".join([*lines, "Nothing.", ""])
    lines += ["| runs | cause |", "|---|---|"]
    lines += [f"| {count} | {_cell(cause)} |" for cause, count in sorted(by_cause.items(), key=lambda pair: -pair[1])]
    lines += ["", "| run | cause | first difference |", "|---|---|---|"]
    lines += [f"| {_cell(item.id)} | {_cell(item.cause)} | {_cell(item.detail)} |" for item in failed]
    return "\n".join([*lines, ""])


def write(outcomes: list["Outcome"], found: "Catalogue") -> None:
    TABLE.write_text(text_of(outcomes, found.counts), encoding="utf-8")
