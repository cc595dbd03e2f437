"""Group runs: a group's own YAML, all that is below it, and stand-ins for members that need Python."""

from __future__ import annotations

import json
import pathlib
import random
from collections.abc import Iterator
from typing import Any

from . import docs, material
from .catalogue import Catalogue

LIMIT = 2


def order(found: Catalogue, seed: str) -> list[str]:
    """mmlu first, then the others at random."""
    names = sorted(found.groups)
    random.Random(seed).shuffle(names)
    return sorted(names, key=lambda name: name != "mmlu")


class _Writer:
    def __init__(self, found: Catalogue, folder: pathlib.Path) -> None:
        self.found = found
        self.folder = folder
        self.golds: dict[str, dict[str, str]] = {}
        self.written: set[str] = set()

    def group(self, name: str) -> None:
        if name in self.written:
            return
        self.written.add(name)
        config = self.found.groups[name].config
        path = self.folder / f"{material.safe(name)}.group.yaml"
        path.write_text(json.dumps(config, ensure_ascii=False, indent=1, default=str), encoding="utf-8")
        self.members(config, self.filters(config))

    @staticmethod
    def filters(config: dict[str, Any]) -> list[str]:
        entries = config.get("aggregate_metric_list") or []
        names: list[str] = []
        for entry in entries if isinstance(entries, list) else [entries]:
            wanted = entry.get("filter_list", "none")
            names += wanted if isinstance(wanted, list) else [wanted]
        return list(dict.fromkeys(names)) or ["none"]

    def members(self, config: dict[str, Any], filters: list[str]) -> None:
        for member in material.members(self.found, config):
            if isinstance(member, dict):
                if "group" in member and member["group"] not in self.found.groups:
                    self.members(member, self.filters(member))
                    continue
                name = member.get("group", member.get("task"))
            else:
                name = member
            if isinstance(name, str):  # a member without a name is defined in place
                self.member(name, filters)

    def member(self, name: str, filters: list[str]) -> None:
        if name in self.found.groups:
            self.group(name)
        elif name in self.found.tags and name not in self.found.tasks:
            for task in self.found.tags[name]:
                self.task(task, filters, name)
        else:
            self.task(name, filters, None)

    def task(self, name: str, filters: list[str], tag: str | None) -> None:
        if name in self.written:
            return
        self.written.add(name)
        if name in self.found.tasks:
            self.golds[name] = material.write_task(self.found.tasks[name], self.folder)[1]
        else:
            material.write_stand_in(name, self.folder, filters, tag)


def jobs(found: Catalogue, names: list[str], folder: pathlib.Path) -> Iterator[dict]:
    for name in names:
        job = {"id": name, "part": "groups", "output_type": "group", "options": {"limit": LIMIT, "bootstrap_iters": 10}}
        own = folder / "groups" / material.safe(name)
        own.mkdir(parents=True, exist_ok=True)
        writer = _Writer(found, own)
        try:
            writer.group(name)
        except docs.NoDocs as error:
            yield {**job, "no_docs": str(error)}
            continue
        yield {**job, "tasks": [name], "include_path": str(own), "golds": writer.golds}
