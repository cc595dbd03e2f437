"""Writes what both sides read: the docs of each task as JSON lines, and a YAML file that includes lm-eval's own."""

from __future__ import annotations

import copy
import json
import pathlib
import re
from typing import Any

from . import docs
from .catalogue import Catalogue, Entry


def safe(name: str) -> str:
    return re.sub(r"[^\w.+-]", "_", name)


def gold_text(judge: docs.Judge, doc: dict) -> str:
    target = judge.task.doc_to_target(doc)
    choices = judge.choices(doc)
    if isinstance(target, list):
        target = target[0]
    return choices[target] if choices is not None and isinstance(target, int) else str(target)


def _write_lines(path: pathlib.Path, rows: list[dict]) -> None:
    with path.open("w", encoding="utf-8") as file:
        for row in rows:
            file.write(json.dumps(row, ensure_ascii=False) + "\n")


def write_task(entry: Entry, folder: pathlib.Path, changes: dict[str, Any] | None = None,
               shots: int | None = None) -> tuple[pathlib.Path, dict]:  # fmt: skip
    """The generated YAML, and the gold answer of each evaluated doc, which the fake model gives now and then."""
    config = copy.deepcopy(entry.config)
    made = docs.make({**config, "num_fewshot": shots if shots is not None else config.get("num_fewshot")})
    data = folder / "data" / safe(entry.name)
    data.mkdir(parents=True, exist_ok=True)
    files = {}
    for split, rows in made.items():
        path = data / f"{safe(split)}.jsonl"
        _write_lines(path, rows)
        files[split] = str(path)
    own = {
        "include": str(entry.path),
        "task": entry.name,
        "dataset_path": "json",
        "dataset_name": None,
        "dataset_kwargs": {"data_files": files},
        **(changes or {}),
    }
    path = folder / f"{safe(entry.name)}.yaml"
    path.write_text(json.dumps(own, ensure_ascii=False, indent=1), encoding="utf-8")  # JSON is YAML
    judge = docs.Judge(copy.deepcopy(config), sorted(made[next(iter(made))][0]))
    evaluated = config.get("test_split") or config.get("validation_split")
    golds = {str(i): gold_text(judge, doc) for i, doc in enumerate(made[evaluated])}
    return path, golds


def write_stand_in(name: str, folder: pathlib.Path, filters: list[str], tag: str | None) -> pathlib.Path:
    """For a member of a group that needs Python: a small task of its name, so that the group can be run and counted."""
    data = folder / "data" / safe(name)
    data.mkdir(parents=True, exist_ok=True)
    rows = [{"q": f"{name} {i}", "a": i % 3} for i in range(5)]
    _write_lines(data / "test.jsonl", rows)
    own = {
        "task": name,
        "dataset_path": "json",
        "dataset_kwargs": {"data_files": {"test": str(data / "test.jsonl")}},
        "test_split": "test",
        "output_type": "multiple_choice",
        "doc_to_text": "{{q}}",
        "doc_to_target": "a",
        "doc_to_choice": ["x", "yy", "zzz"],
        "metric_list": [{"metric": metric, "aggregation": "mean", "higher_is_better": True}
                        for metric in ("acc", "acc_norm", "exact_match")],
        "filter_list": [{"name": filter_name, "filter": [{"function": "take_first"}]} for filter_name in filters],
        "metadata": {"version": 1.0},
        **({"tag": tag} if tag else {}),
    }  # fmt: skip
    path = folder / f"{safe(name)}.yaml"
    path.write_text(json.dumps(own, ensure_ascii=False, indent=1), encoding="utf-8")
    return path


def members(catalogue: Catalogue, config: dict[str, Any]) -> list[Any]:
    task = config.get("task") or []
    return task if isinstance(task, list) else [task]
