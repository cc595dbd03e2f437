"""Extractors of answers against the functions of lmms-eval's benchmarks and of lm-eval's filters, on random answers."""

from __future__ import annotations

import json
import os
import random
import subprocess
from collections.abc import Callable
from typing import Any

import pytest

from benchmark_functions import COUNT, OPTIONS, PIECES, answers, module

DRIVER = os.environ["LMMS_EVAL_FILTERS_DRIVER"]
def ours(function: str, texts: list[str], arguments: dict[str, Any], doc: dict[str, Any]) -> list[Any]:
    asked = json.dumps({"function": function, "arguments": arguments, "doc": doc, "responses": texts})
    answer = subprocess.run([DRIVER], input=asked + "\n", capture_output=True, text=True, check=True).stdout
    return json.loads(answer.split("\n")[0])


NOTHING = "<nothing>"


class Draws:
    """In place of the module random: what is drawn is no answer."""

    @staticmethod
    def choice(_: Any) -> str:
        return NOTHING


def letters(count: int) -> list[str]:
    return [chr(ord("A") + i) for i in range(count)]


def by_letter(options: list[str]) -> dict[str, str]:
    return dict(zip(letters(len(options)), options, strict=True))


def mcq() -> Callable[[str], str]:
    from lmms_eval.tasks._task_utils.mcq_extract import extract_mcq_answer

    return lambda text: extract_mcq_answer(text, letters(4)) or NOTHING


def mmmu() -> Callable[[str], str]:
    found = module("_task_utils/mmmu_mcq_utils.py")
    found.random = Draws
    return lambda text: found.parse_mmmu_multi_choice_response(text, letters(5), by_letter(OPTIONS[:5]))


def egoschema() -> Callable[[str], str]:
    found = module("egoschema/utils.py")
    found.random = Draws
    return lambda text: found.parse_multi_choice_response(text, letters(5), by_letter(OPTIONS[:5]))[0]


def mmau() -> Callable[[str], str]:
    found = module("mmau/utils.py")
    found.random = Draws
    return lambda text: found.parse_multi_choice_response(text, letters(4))


def cv_bench() -> Callable[[str], str]:
    return lambda text, found=module("cv_bench/utils.py"): found._extract_answer_letter(text) or NOTHING


def blink() -> Callable[[str], str]:
    return lambda text, found=module("blink/utils.py"): found._extract_answer_letter(text, "ABCD") or NOTHING


def vstar() -> Callable[[str], str]:
    return lambda text, found=module("vstar_bench/utils.py"): found.extract_answer_letter(text) or NOTHING


def longvideobench() -> Callable[[str], str]:
    found = module("longvideobench/utils.py")
    found.random = Draws
    return lambda text: found.parse_multi_choice_response(text, letters(5), {})


def mme_realworld() -> Callable[[str], str]:
    return lambda text, found=module("mme_realworld/utils.py"): found.extract_characters_regex(text) or NOTHING


def mmbench() -> Callable[[str], str]:
    judge = object.__new__(module("mmbench/mmbench_evals.py").MMBench_Evaluator)
    return lambda text: judge.can_infer(text, by_letter(OPTIONS[:4])) or NOTHING


def hrbench() -> Callable[[str], str]:
    found = module("hrbench/hrbench_evals.py")
    found.cp = __import__("copy")
    judge = object.__new__(found.HRBenchEval)
    return lambda text: judge.can_infer(text, by_letter(OPTIONS[:4])) or NOTHING


def perceptiontest() -> Callable[[str], str]:
    import re

    def letter(text: str) -> str:  # the line of perceptiontest's process_results
        match = re.search(r"\b([A-D])\b", text.strip())
        return match.group(1) if match else NOTHING

    return letter


CASES: list[tuple[str, Callable[[], Callable[[str], str]], dict[str, Any], dict[str, Any]]] = [
    ("mcq_answer", mcq, {"letters": "ABCD"}, {}),
    ("mmmu_choice", mmmu, {"choices": "options"}, {"options": OPTIONS[:5]}),
    ("mmmu_choice", mmmu, {"choices": "options"}, {"options": repr(OPTIONS[:5])}),
    ("egoschema_choice", egoschema, {"choices": "option"}, {"option": OPTIONS[:5]}),
    ("mmau_choice", mmau, {}, {}),
    ("leading_letter", cv_bench, {}, {}),
    ("answer_letter", blink, {"letters": "ABCD"}, {}),
    ("option_letter", vstar, {}, {}),
    ("letter_after_prefix", longvideobench, {}, {}),
    ("letter_or_part", mme_realworld, {}, {}),
    ("mmbench_letter", mmbench, {}, by_letter(OPTIONS[:4])),
    ("hrbench_letter", hrbench, {}, by_letter(OPTIONS[:4])),
    ("standalone_letter", perceptiontest, {}, {}),
]


@pytest.mark.parametrize("case", CASES, ids=[f"{case[0]}-{i}" for i, case in enumerate(CASES)])
def test_letters_are_those_of_the_benchmark(case) -> None:
    function, theirs, arguments, doc = case
    texts = answers(function)
    reference = theirs()
    expected = [reference(text) for text in texts]
    assert len(set(expected)) > 3 and expected.count(NOTHING) < 0.8 * COUNT, "the answers tell nothing"
    found = ours(function, texts, {**arguments, "fallback": NOTHING}, doc)
    wrong = [(text, mine, other) for text, mine, other in zip(texts, found, expected, strict=True) if mine != other]
    assert not wrong, f"{len(wrong)} of {len(texts)}: {wrong[:5]}"


def test_plain_extractors_do_what_the_benchmarks_lines_do() -> None:
    texts = answers("plain")
    assert ours("first_character", texts, {}, {}) == [text.strip()[:1] for text in texts]
    assert ours("first_word", texts, {}, {}) == [text.split(" ")[0].rstrip(".").strip() for text in texts]
    import re

    dotted = [match.group(1) if (match := re.match(r"^\s*([A-Z])\.", text)) else text for text in texts]
    assert ours("dot_letter", texts, {}, {}) == dotted


@pytest.mark.parametrize("name", ["regex_pos", "format_span", "lowercase", "uppercase", "remove_whitespace"])
def test_filters_are_those_of_lm_eval(name: str) -> None:
    from lm_eval.api.registry import get_filter
    import lm_eval.filters  # noqa: F401

    draw = random.Random(name)
    pieces = [*PIECES, "('dog', 'NOUN')", "('runs', 'VERB')", "[('a', 'DET')]", "person: Ann, none", "LOC: kenya", "location :", "$$", "$", "date:", "Org: x,y"]
    texts = ["".join(draw.choice(pieces) for _ in range(draw.randint(0, 6))) for _ in range(COUNT)]
    (expected,) = list(get_filter(name)().apply([texts], [{}]))
    arguments = {"both_ends": True} if name == "remove_whitespace" else {}
    assert ours(name, texts, arguments, {}) == list(expected)


def test_a_drawn_letter_is_one_of_the_docs_and_the_same_again() -> None:
    drawn = [ours("mmmu_choice", ["?"], {"choices": "options", "random_fallback": True}, {"options": OPTIONS[:3], "id": i})[0] for i in range(40)]
    assert set(drawn) == {"A", "B", "C"}
    assert ours("mmmu_choice", ["?"], {"choices": "options", "random_fallback": True}, {"options": OPTIONS[:3], "id": 7})[0] == drawn[7]
