"""Which YAML files lm-eval ships, and what is in them after `include`."""

from __future__ import annotations

import dataclasses
import pathlib
from typing import Any

import yaml


class _Function(str):
    """A `!function`: named, never imported here."""


class _Loader(yaml.CSafeLoader):
    pass


_Loader.add_constructor("!function", lambda loader, node: _Function(loader.construct_scalar(node)))


def tasks_folder() -> pathlib.Path:
    import importlib.util

    spec = importlib.util.find_spec("lm_eval")
    if spec is None or spec.origin is None:
        raise RuntimeError("lm_eval is not installed in this Python: run tools/parity-env")
    return pathlib.Path(spec.origin).parent / "tasks"


def _load(path: pathlib.Path, cache: dict[pathlib.Path, dict]) -> dict[str, Any]:
    """As lm-eval merges: includes in order, then the file's own keys; `task_list` is not inherited."""
    path = path.resolve()
    if path in cache:
        return cache[path]
    own = yaml.load(path.read_bytes(), Loader=_Loader)
    if not isinstance(own, dict):
        own = {}
    includes = own.pop("include", [])
    merged: dict[str, Any] = {}
    for include in includes if isinstance(includes, list) else [includes]:
        merged.update({key: value for key, value in _load(path.parent / include, cache).items() if key != "task_list"})
    merged.update(own)
    cache[path] = merged
    return merged


def functions_in(value: Any) -> bool:
    if isinstance(value, _Function):
        return True
    if isinstance(value, dict):
        return any(functions_in(item) for item in value.values())
    if isinstance(value, list):
        return any(functions_in(item) for item in value)
    return False


@dataclasses.dataclass(frozen=True)
class Entry:
    name: str
    kind: str  # "task" or "group"
    path: pathlib.Path
    config: dict[str, Any] = dataclasses.field(compare=False, hash=False)


@dataclasses.dataclass
class Catalogue:
    tasks: dict[str, Entry]
    groups: dict[str, Entry]
    tags: dict[str, list[str]]
    counts: dict[str, int]  # how many files there are of each kind, and why the others are left out


def read(folder: pathlib.Path | None = None) -> Catalogue:
    """Every task and group whose YAML needs no Python, by name. The first of two with one name counts, as in lm-eval."""
    folder = folder or tasks_folder()
    cache: dict[pathlib.Path, dict] = {}
    found = Catalogue({}, {}, {}, {})
    names: set[str] = set()

    def count(why: str) -> None:
        found.counts[why] = found.counts.get(why, 0) + 1

    for path in sorted(folder.glob("**/*.yaml"), key=lambda file: file.as_posix()):
        config = _load(path, cache)
        kind = "class" if "class" in config else "group" if "group" in config else "task" if "task" in config else ""
        if kind in ("", "class"):
            count("a Python class" if kind else "a template of others")
            continue
        name = config["group"] if kind == "group" else config["task"]
        if name in names:
            count("a second file of one name")
            continue
        names.add(name)
        tags = config.get("tag") or []
        for tag in tags if isinstance(tags, list) else [tags]:
            if kind == "task":
                found.tags.setdefault(tag, []).append(name)
        if functions_in(config):
            count("needs a !function, itself or through include")
            continue
        count(kind)
        (found.groups if kind == "group" else found.tasks)[name] = Entry(name, kind, path, config)
    return found


def leaves(catalogue: Catalogue, group: str, seen: frozenset[str] = frozenset()) -> list[str] | None:
    """The tasks of a group, of its groups and tags; None when one of them is not in the catalogue."""
    if group in seen:
        return None
    members = catalogue.groups[group].config.get("task") or []
    result: list[str] = []
    for member in members if isinstance(members, list) else [members]:
        names = _names_of(catalogue, member, seen | {group})
        if names is None:
            return None
        result += names
    return result


def _names_of(catalogue: Catalogue, member: Any, seen: frozenset[str]) -> list[str] | None:
    if isinstance(member, dict):
        if "group" in member and member["group"] not in catalogue.groups:
            inner = [_names_of(catalogue, item, seen) for item in member.get("task") or []]
            return None if any(names is None for names in inner) else sum(inner, [])
        member = member.get("group", member.get("task"))
    if member in catalogue.tasks:
        return [member]
    if member in catalogue.groups:
        group = catalogue.groups[member]
        return leaves(catalogue, group.name, seen)
    if member in catalogue.tags:
        names = catalogue.tags[member]
        return list(names) if all(name in catalogue.tasks for name in names) else None
    return None
