"""A seeded sample of tools/parity --full, the test that it can fail, and the check that its table is not old."""

from __future__ import annotations

import copy
import json
import os
import pathlib
import random

import pytest
from tasks import catalogue, compare, groups, run, table
from tasks.workers import Pair

SEED = os.environ.get("LMMS_EVAL_PARITY_SEED", "1")


@pytest.fixture(scope="module")
def found() -> catalogue.Catalogue:
    run.compile_templates_once()
    return catalogue.read()


@pytest.fixture(scope="module")
def pair():
    with Pair() as both:
        yield both


@pytest.fixture(scope="module")
def names(found: catalogue.Catalogue) -> list[str]:
    names = sorted(found.tasks)
    random.Random(SEED).shuffle(names)
    return names


def known_failures() -> set[str]:
    """What the table says does not agree yet: the sample must not hold more than that."""
    text = table.TABLE.read_text(encoding="utf-8") if table.TABLE.is_file() else ""
    return {line.split(" | ")[0].removeprefix("| ") for line in text.splitlines() if line.startswith("| ")}


def unexpected(outcomes: list[run.Outcome]) -> str:
    known = known_failures()
    return run.causes([item for item in outcomes if item.cause and table._cell(item.id) not in known])


def test_every_yaml_without_functions_is_in_the_catalogue(found: catalogue.Catalogue) -> None:
    assert len(found.tasks) > 4000
    assert {"mmlu", "mmlu_stem"} <= found.groups.keys()
    assert len([name for name in found.tasks if name.startswith("mmlu_") and name.endswith("_continuation")]) == 57


def test_tasks_as_they_are(found, pair, names, tmp_path) -> None:
    assert not unexpected(run.run(run.plain_jobs(found, names[:220], tmp_path), pair))


def test_flags(found, pair, names, tmp_path) -> None:
    assert not unexpected(run.run(run.matrix_jobs(found, names[: 6 * len(run.VARIANTS)], tmp_path), pair))


def test_groups(found, pair, tmp_path) -> None:
    assert not unexpected(run.run(groups.jobs(found, groups.order(found, SEED)[:4], tmp_path), pair))


def agreeing(found, pair, names, folder, fits) -> dict:
    """A task of that kind on which both agree, so that what is changed next is the only difference."""
    for i, name in enumerate([name for name in names if fits(found.tasks[name].config)][:12]):
        job = run.task_job(found, name, folder / str(i), name, "", {"num_fewshot": 3}, {})
        ((_, ours, theirs),) = pair.ask([job])
        if "error" not in theirs and compare.compare(ours, theirs) is None:
            return job
    pytest.fail("no task agrees: nothing can be shown to differ")


def mutated(job: dict, **changes) -> dict:
    """The same job with another YAML on our side only."""
    path = pathlib.Path(job["tasks"][0])
    own = {**json.loads(path.read_text(encoding="utf-8")), **changes}
    other = path.with_suffix(".mutated.yaml")
    other.write_text(json.dumps(own), encoding="utf-8")
    return {**job, "mutated": {**job, "tasks": [str(other)]}}


def plain_choices(config: dict) -> bool:
    return config.get("output_type") == "multiple_choice" and config.get("fewshot_split") and config.get("num_fewshot") is None \
        and not config.get("fewshot_config")  # fmt: skip


def plain_generation(config: dict) -> bool:
    return config.get("output_type") == "generate_until" and config.get("fewshot_split") and not config.get("fewshot_config") \
        and config.get("num_fewshot") is None  # fmt: skip


@pytest.mark.parametrize("change", [{"target_delimiter": "  "}, {"fewshot_delimiter": "\n"}, {"description": "X"}])
def test_another_delimiter_is_found(found, pair, names, tmp_path, change) -> None:
    job = mutated(agreeing(found, pair, names, tmp_path, plain_choices), **change)
    ((_, ours, theirs),) = pair.ask([job])
    assert compare.compare(ours, theirs).cause.startswith("request: con")


def test_another_seed_is_found(found, pair, names, tmp_path) -> None:
    job = agreeing(found, pair, names, tmp_path, plain_choices)
    other = {**job, "options": {**job["options"], "fewshot_seed": 4321}}
    ((_, ours, theirs),) = pair.ask([{**job, "mutated": other}])
    assert compare.compare(ours, theirs).cause.startswith("request: context")


def test_another_filter_is_found(found, pair, names, tmp_path) -> None:
    job = agreeing(found, pair, names, tmp_path, plain_generation)
    upper = [{"name": "none", "filter": [{"function": "uppercase"}, {"function": "take_first"}]}]
    ((_, ours, theirs),) = pair.ask([mutated(job, filter_list=upper)])
    assert compare.compare(ours, theirs).cause.startswith("sample: ")


def test_a_changed_number_in_any_place_is_found(found, pair, names, tmp_path) -> None:
    job = agreeing(found, pair, names, tmp_path, plain_choices)
    ((_, ours, theirs),) = pair.ask([job])
    name = next(iter(theirs["results"]))
    for key, value in theirs["results"][name].items():
        if "," not in key or not isinstance(value, float):
            continue
        other = copy.deepcopy(ours)
        other["results"][name][key] = value + 1e-7
        assert compare.compare(other, theirs).cause == f"results: {key.split(',')[0]}"


def test_the_table_is_of_this_parity_code() -> None:
    assert table.written_hash(table.TABLE.read_text(encoding="utf-8")) == table.code_hash(), \
        "docs/compatibility.md is older than the parity code: run tools/parity --full"  # fmt: skip
