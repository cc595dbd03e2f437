"""Which files of a folder are which split: hundreds of random folders, read by us and by the datasets library."""

from __future__ import annotations

import json
import os
import pathlib
import random
import subprocess
from typing import Any

import pytest

os.environ["HF_HUB_OFFLINE"] = "1"
import datasets  # noqa: E402

DRIVER = os.environ["LMMS_EVAL_DATA_FILES_DRIVER"]
FOLDERS = 400
DIRECTORIES = ["", "", "data", "data", "train", "test", "my_test", "en", "en/val-2", "de/eval", "__cache__", ".hidden", "contest", "sub/dev set"]
STEMS = ["train", "test", "validation", "foo", "train_0", "train-1", "dev.part", "eval 2", "my training", "contest", "x-train-y", "valid", "testing_3", "b"]
PATTERNS = ["data/*", "**/test*", "en/**", "*.jsonl", "data/train-*", "**/*[-_]0*", "train.jsonl", "**", "data/[!t]*", "**/*.jsonl", "?oo*", "en/*/*"]
SPLITS = ["train", "validation", "test", "extra", "mini.en"]


def shards(random_: random.Random) -> list[str]:
    name, count = random_.choice(["train", "test", "testmini", "mini.en", "my-test"]), random_.randint(1, 3)
    return [f"{name}-{i:05}-of-{count:05}.jsonl" for i in range(count)]


def card(random_: random.Random) -> str:
    """A README.md; half of them list configurations."""
    if random_.random() < 0.5:
        return "# About\n"
    configs = []
    for name in random_.sample(["default", "en", "de", "all"], random_.randint(1, 3)):
        config: dict[str, Any] = {"config_name": name}
        if random_.random() < 0.8:
            splits = random_.sample(SPLITS, random_.randint(1, 3))
            entries = [{"split": split, "path": random_.choice([random_.choice(PATTERNS), random_.sample(PATTERNS, 2)])} for split in splits]
            config["data_files"] = random_.choice([entries, entries, random_.choice(PATTERNS), random_.sample(PATTERNS, 2)])
        if random_.random() < 0.2:
            config["data_dir"] = random_.choice(["en", "data"])
        if random_.random() < 0.1:
            config["default"] = True
        configs.append(config)
    return f"---\nlicense: mit\nconfigs: {json.dumps(configs)}\n---\n# About\n"


def make(folder: pathlib.Path, random_: random.Random) -> None:
    names = [f"{random_.choice(DIRECTORIES)}/{random_.choice(STEMS)}.jsonl" for _ in range(random_.randint(1, 6))]
    if random_.random() < 0.4:
        directory = random_.choice(["data", "data", "en", ""])
        names += [f"{directory}/{name}" for _ in range(2) for name in shards(random_)]
    if random_.random() < 0.3:
        names += ["LICENSE", "config.json"]
    for name in names:
        path = folder / name.lstrip("/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text('{"a": 1}\n')
    (folder / "README.md").write_text(card(random_))


def theirs(folder: pathlib.Path, name: str, cache: pathlib.Path) -> dict[str, list[str]] | None:
    try:
        found = datasets.load_dataset_builder(str(folder), name=name or None, cache_dir=str(cache)).config.data_files
    except Exception:  # they refuse with whatever comes up
        return None
    # A file that two patterns match is read twice there.
    return {split: list(dict.fromkeys(files)) for split, files in found.items()}


def ours(asked: list[dict[str, Any]]) -> list[dict[str, Any]]:
    answer = subprocess.run([DRIVER], input="".join(json.dumps(line) + "\n" for line in asked), capture_output=True, text=True, check=True)
    return [json.loads(line) for line in answer.stdout.splitlines()]


@pytest.fixture(scope="module")
def cases(tmp_path_factory) -> list[tuple[dict[str, Any], dict[str, list[str]] | None]]:
    random_ = random.Random(11)
    found = []
    for number in range(FOLDERS):
        folder = tmp_path_factory.mktemp(f"folder{number}")
        make(folder, random_)
        name = random_.choice(["", "en", "default"]) if "configs:" in (folder / "README.md").read_text() else ""
        wanted = theirs(folder, name, tmp_path_factory.mktemp("cache"))
        found.append(({"path": str(folder), "name": name, "splits": [*SPLITS, "testmini", "my-test"]}, wanted))
    return found


def test_the_same_files_are_the_same_splits(cases) -> None:
    compared = 0
    for (asked, wanted), answer in zip(cases, ours([asked for asked, _ in cases]), strict=True):
        if wanted is None:
            continue
        readme = pathlib.Path(asked["path"], "README.md").read_text()
        for split in asked["splits"]:
            files = wanted.get(split, [])
            if files:
                assert answer[split] == files, (readme, asked, split)
                compared += 1
            else:
                assert isinstance(answer[split], str), (readme, asked, split)
    assert compared > FOLDERS / 2
