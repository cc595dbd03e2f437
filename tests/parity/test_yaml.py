"""Every YAML that lm-eval and lmms-eval ship, read by us and by PyYAML."""

from __future__ import annotations

import importlib.util
import json
import os
import pathlib
import subprocess
from typing import Any

import pytest
import yaml

DRIVER = os.environ["LMMS_EVAL_YAML_DRIVER"]


class Loader(yaml.CSafeLoader):
    pass


Loader.add_constructor("!function", lambda loader, node: {"__function__": loader.construct_scalar(node)})


def theirs(path: pathlib.Path, folder: pathlib.Path | None = None) -> dict[str, Any]:
    """The file itself over the first include over the second."""
    value = yaml.load(path.read_bytes(), Loader=Loader)
    if not isinstance(value, dict):
        raise yaml.YAMLError("no map")
    includes = value.pop("include", [])
    for name in includes if isinstance(includes, list) else [includes]:
        value = {**theirs(path.parent / name), **value}
    return value


def as_json(value: Any) -> Any:
    """With keys and dates as the texts they become, so that two values compare."""
    if isinstance(value, dict):
        return {str(key): as_json(item) for key, item in value.items()}
    if isinstance(value, list):
        return [as_json(item) for item in value]
    return value if isinstance(value, (str, int, float, bool, type(None))) else str(value)


def ours(paths: list[pathlib.Path]) -> list[dict[str, Any]]:
    asked = "".join(f"{path}\n" for path in paths)
    answer = subprocess.run([DRIVER], input=asked, capture_output=True, text=True, check=True).stdout
    return [json.loads(line) for line in answer.split("\n")[:-1]]


def differences(paths: list[pathlib.Path]) -> tuple[int, list[str]]:
    readable = {}
    for path in paths:
        try:
            readable[path] = as_json(theirs(path))
        except (yaml.YAMLError, OSError):
            continue  # theirs does not read it either
    found = []
    for path, answer in zip(readable, ours(list(readable)), strict=True):
        if "error" in answer:
            found.append(f"{path}: {answer['error']}")
        elif answer["value"] != readable[path]:
            keys = [key for key in answer["value"].keys() | readable[path].keys()
                    if answer["value"].get(key) != readable[path].get(key)]  # fmt: skip
            found.append(f"{path}: {keys[0]}: {answer['value'].get(keys[0])!r} instead of {readable[path].get(keys[0])!r}")
    return len(readable), found


@pytest.mark.parametrize(("package", "least"), [("lm_eval", 12000), ("lmms_eval", 1500)])
def test_every_shipped_yaml_is_read_as_pyyaml_reads_it(package: str, least: int) -> None:
    spec = importlib.util.find_spec(package)
    assert spec is not None and spec.origin is not None
    paths = sorted((pathlib.Path(spec.origin).parent / "tasks").rglob("*.yaml"))
    count, found = differences(paths)
    assert count >= least
    assert not found, f"{len(found)} of {count}:\n" + "\n".join(found[:20])


@pytest.mark.parametrize("style", ["'", '"', "|", ">", None])
def test_texts_of_every_style_are_read_as_pyyaml_reads_them(style: str | None, tmp_path: pathlib.Path) -> None:
    pieces = ["a", "  ", "\n", "\n\n", "\t", "'", '"', "é", "\u00a0", "\u2028", "\u0085", "# x", ": ", "- ", "long word " * 12, "\\", "😀"]
    if style in ("|", ">"):  # yaml-cpp breaks lines at LF alone there
        pieces = [piece for piece in pieces if piece not in ("\u2028", "\u0085")]
    paths = []
    for i in range(400):
        text = "".join(pieces[(i * 7 + k * k * (i + 3)) % len(pieces)] for k in range(i % 9))
        if style in ("|", ">") and (not text.strip() or text.endswith("\n\n")):
            continue  # and it has fewer line ends at the end of a text that keeps them (|+, >+)
        path = tmp_path / f"{i}.yaml"
        path.write_text(yaml.dump({"text": text, "after": 1}, default_style=style, width=40, allow_unicode=i % 2 == 0), encoding="utf-8")  # fmt: skip
        paths.append(path)
    count, found = differences(paths)
    assert count == len(paths) > 300
    assert not found, "\n".join(found[:5])
