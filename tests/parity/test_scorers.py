"""Scores of single answers against the lines of lmms-eval's benchmarks, on random answers."""

import pytest

from benchmark_functions import COUNT, PIECES, answers, module
from test_metrics import driver, near  # noqa: F401

YES_NO = ["yes", "no", "Yes", "No.", " yes", "yes.", "y", "n", "Y", "not", "know", "I know", "no, it is not", "yes it is", "YES!", "x", ".", "Noé", "es"]


def mme(prediction: str, gold: str) -> float:
    found = module("mme/utils.py")
    return float(found.parse_pred_ans(prediction) == gold.lower().strip().replace(".", ""))


def tempcompass(prediction: str, gold: str) -> float:
    return float(module("tempcompass/utils.py").extract_pred(prediction) == gold.lower())


def pope(prediction: str, gold: str) -> float:
    results = module("pope/utils.py").pope_process_results({"answer": gold, "question_id": 1}, [prediction])
    return results["pope_accuracy"]["score"]


@pytest.mark.parametrize(("rule", "theirs"), [("mme", mme), ("beginning", tempcompass), ("exact", pope)])
def test_yes_no(driver, rule, theirs):  # noqa: F811
    texts = [*YES_NO, *(a + b for a in YES_NO for b in ["", " ", "\n", "."]), *answers(rule)]
    scores = []
    for i, text in enumerate(texts):
        gold = ["yes", "no", "Yes", "No"][i % 4]
        got = driver.ask(metric="yes_no", predictions=[text], references=[gold], arguments={"rule": rule})
        assert got == theirs(text, gold), (text, gold)
        scores.append(got)
    assert 0 < sum(scores) < len(scores)


def test_what_pope_counts(driver):  # noqa: F811
    found = module("pope/utils.py")
    pairs = [(YES_NO[(i * 7) % len(YES_NO)], ["yes", "no"][i % 3 > 0]) for i in range(COUNT)]
    results = [found.pope_process_results({"answer": gold, "question_id": i}, [text])["pope_accuracy"] for i, (text, gold) in enumerate(pairs)]
    for name, theirs in [("precision", found.pope_aggregate_precision), ("recall", found.pope_aggregate_recall),
                         ("f1", found.pope_aggregate_f1_score), ("ratio", found.pope_aggregate_yes_ratio)]:  # fmt: skip
        values = [driver.ask(metric=f"yes_no_{name}", predictions=[text], references=[gold]) for text, gold in pairs]
        assert driver.ask(aggregation=f"yes_no_{name}", values=values)["value"] == near(theirs(results))


def test_scienceqa(driver):  # noqa: F811
    found = module("scienceqa/utils.py")
    texts = answers("scienceqa")
    scores = []
    for i, text in enumerate(texts):
        doc = {"choices": ["w", "x", "y", "z"], "answer": i % 4}
        got = driver.ask(metric="scienceqa_match", predictions=[text], references=["ABCD"[i % 4]])
        assert got == found.sqa_process_results(doc, [text])["exact_match"], (text, doc)
        scores.append(got)
    assert sum(scores) > 20


def test_mvbench(driver):  # noqa: F811
    found = module("mvbench/utils.py")
    texts = [text + extra for text, extra in zip(answers("mvbench"), [*["", ".", " 1,2", "'", '"', ")"] * COUNT], strict=False)]
    scores = []
    for i, text in enumerate(texts):
        gold = ["A", "B", "C. the cat", "D.", PIECES[i % len(PIECES)]][i % 5]
        got = driver.ask(metric="mvbench_match", predictions=[text], references=[gold])
        assert got == found.mcq_acc(gold, text), (text, gold)
        scores.append(got)
    assert 100 < sum(scores) < COUNT / 2
