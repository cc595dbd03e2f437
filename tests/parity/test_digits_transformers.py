"""Holds the whole program, on the bundled digits and the bundled model, against transformers on the same checkpoint.

Every answer must be the same text, every log-likelihood of a choice within 1e-4, and the scores must follow from them.
Run by `ctest -L parity`; by hand: LMMS_EVAL_BIN=build/release/lmms_eval .parity/bin/python -m pytest THIS_FILE
"""

import io
import subprocess
import sys
from dataclasses import dataclass

import numpy as np
import pyarrow.parquet as pq
import pytest
import torch
from PIL import Image
from transformers import AutoImageProcessor, AutoProcessor, LlavaOnevisionForConditionalGeneration

from conftest import ROOT, read_results, read_samples

MODEL = ROOT / "tests" / "models" / "tiny-llava-onevision"
TEST_SPLIT = ROOT / "tasks" / "digits" / "data" / "test.parquet"
QUESTION = "What digit is this? Answer with one digit."
CHOICES = [str(digit) for digit in range(10)]
DOCS = 360
TOLERANCE = 1e-4


@dataclass(frozen=True)
class Answered:
    """What transformers says of one image."""

    text: str
    logprobs: np.ndarray  # of the ten choices
    is_greedy: list[bool]  # whether each token of that choice is the likeliest at its place
    input_tokens: int


class Oracle:
    """The checkpoint in transformers, and the one prompt that every digit gets.

    Log-likelihoods follow lm-eval's pair encoding: white space that ends the prompt (the newline after `assistant`)
    counts to the continuation, both are encoded together, and the log-probabilities of the continuation are summed.
    """

    def __init__(self):
        self.processor = AutoProcessor.from_pretrained(MODEL)
        self.processor.image_processor = AutoImageProcessor.from_pretrained(MODEL, backend="pil")
        self.model = LlavaOnevisionForConditionalGeneration.from_pretrained(MODEL, dtype=torch.float32).eval()
        turn = {"role": "user", "content": [{"type": "image"}, {"type": "text", "text": QUESTION}]}
        self.prompt = self.processor.apply_chat_template([turn], add_generation_prompt=True)

    def inputs(self, image: Image.Image, continuation: str = "") -> dict:
        return self.processor(images=[image], text=self.prompt + continuation, return_tensors="pt")

    def continuations(self, image: Image.Image) -> list[list[int]]:
        """The tokens of each choice's continuation."""
        kept = self.processor(images=[image], text=self.prompt.rstrip(), return_tensors="pt")["input_ids"].shape[1]
        return [self.inputs(image, choice)["input_ids"][0, kept:].tolist() for choice in CHOICES]

    def score(self, logits: torch.Tensor, tokens: list[int]) -> tuple[float, bool]:
        """logits: [len(tokens), vocabulary], those before each token."""
        logprobs = torch.log_softmax(logits.double(), -1)
        places = torch.arange(len(tokens))
        return float(logprobs[places, tokens].sum()), logits.argmax(-1).tolist() == tokens

    @torch.no_grad()
    def answer(self, image: Image.Image, continuations: list[list[int]]) -> Answered:
        inputs = self.inputs(image)
        length = inputs["input_ids"].shape[1]
        sequence = self.model.generate(**inputs, max_new_tokens=8, do_sample=False)[0, length:]
        # The choices differ in their last token only, so what comes before each of their tokens stands in the prompt.
        assert len({tuple(tokens[:-1]) for tokens in continuations}) == 1
        before = self.model(**inputs).logits[0, -len(continuations[0]) :]
        scores = [self.score(before, tokens) for tokens in continuations]
        return Answered(
            text=self.processor.tokenizer.decode(sequence, skip_special_tokens=True),
            logprobs=np.array([logprob for logprob, _ in scores]),
            is_greedy=[greedy for _, greedy in scores],
            input_tokens=length,
        )


@pytest.fixture(scope="module")
def docs():
    rows = pq.read_table(TEST_SPLIT).to_pylist()
    return [(Image.open(io.BytesIO(row["image"]["bytes"])).convert("RGB"), row["label"]) for row in rows]


@pytest.fixture(scope="module")
def oracle() -> Oracle:
    torch.set_num_threads(1)  # so small a model gains nothing from more, and loses much on a busy machine
    return Oracle()


@pytest.fixture(scope="module")
def continuations(oracle, docs) -> list[list[int]]:
    return oracle.continuations(docs[0][0])


@pytest.fixture(scope="module")
def expected(oracle, docs, continuations) -> list[Answered]:
    return [oracle.answer(image, continuations) for image, _ in docs]


def evaluate(run_lmms_eval, folder, task, *more):
    run = run_lmms_eval(
        "--model", "llava_onevision", "--model_args", f"pretrained={MODEL}", "--device", "cpu",
        "--tasks", task, "--output_path", folder, "--log_samples", *more,
    )  # fmt: skip
    assert run.rc == 0, run
    lines = read_samples(folder, task)
    assert [line["doc_id"] for line in lines] == list(range(DOCS))
    assert {line["status"] for line in lines} == {"answered"}
    assert {line["error"] for line in lines} == {None}
    return lines, read_results(folder)["results"][task]


def check_input_tokens(lines, expected):
    for line, answer in zip(lines, expected):
        assert {counts["input_tokens"] for counts in line["token_counts"]} == {answer.input_tokens}, line["doc_id"]


def test_scores_from_the_prompt_are_those_of_whole_sequences(oracle, docs, continuations, expected):
    image = docs[0][0]
    for i, choice in enumerate(CHOICES):
        with torch.no_grad():
            logits = oracle.model(**oracle.inputs(image, choice)).logits[0, -len(continuations[i]) - 1 : -1]
        logprob, greedy = oracle.score(logits, continuations[i])
        assert logprob == pytest.approx(expected[0].logprobs[i], abs=TOLERANCE / 10)
        assert greedy == expected[0].is_greedy[i]


def test_the_data_files_are_what_the_tool_makes():
    command = [sys.executable, ROOT / "tools" / "make_digits.py", "--check"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.splitlines() == ["train.parquet: identical", "test.parquet: identical"]


def test_the_bundled_model_reads_the_test_digits(docs, expected):
    right = sum(answer.text == str(label) for answer, (_, label) in zip(expected, docs))
    assert len(docs) == DOCS
    assert right >= 0.97 * DOCS


def test_with_the_images_shuffled_it_guesses(docs, expected):
    moved = np.random.RandomState(0).permutation(DOCS)
    right = sum(expected[moved[i]].text == str(label) for i, (_, label) in enumerate(docs))
    assert right < 0.2 * DOCS


@pytest.mark.parametrize("batch_size", [1, 8])
def test_every_answer_is_that_of_transformers(batch_size, tmp_path, run_lmms_eval, docs, expected):
    lines, result = evaluate(run_lmms_eval, tmp_path, "digits", "--batch_size", batch_size)
    different = {
        line["doc_id"]: (line["filtered_resps"], answer.text)
        for line, answer in zip(lines, expected)
        if line["filtered_resps"] != answer.text
    }
    assert not different
    assert [line["target"] for line in lines] == [str(label) for _, label in docs]
    assert all(QUESTION in line["input"] for line in lines)
    check_input_tokens(lines, expected)
    right = [float(answer.text == str(label)) for answer, (_, label) in zip(expected, docs)]
    assert [line["exact_match"] for line in lines] == right
    assert result["exact_match,none"] == pytest.approx(np.mean(right), abs=1e-12)
    assert result["exact_match_stderr,none"] == pytest.approx(np.std(right, ddof=1) / np.sqrt(DOCS), abs=1e-12)


@pytest.mark.parametrize("batch_size", [1, 8])
def test_every_log_likelihood_is_that_of_transformers(batch_size, tmp_path, run_lmms_eval, docs, expected):
    lines, result = evaluate(run_lmms_eval, tmp_path, "digits_mc", "--batch_size", batch_size)
    right = []
    for line, answer, (_, label) in zip(lines, expected, docs):
        pairs = line["filtered_resps"]  # one [log-likelihood, is greedy] a choice, as text
        assert len(pairs) == len(CHOICES), line["doc_id"]
        logprobs = np.array([float(logprob) for logprob, _ in pairs])
        assert np.abs(logprobs - answer.logprobs).max() <= TOLERANCE, line["doc_id"]
        assert [greedy == "True" for _, greedy in pairs] == answer.is_greedy, line["doc_id"]
        right.append(float(answer.logprobs.argmax() == label))
    assert [line["acc"] for line in lines] == right
    # Every choice is one character long, so the normalised choice is the same one.
    assert [line["acc_norm"] for line in lines] == right
    assert result["acc,none"] == pytest.approx(np.mean(right), abs=1e-12)
    assert result["acc_norm,none"] == pytest.approx(np.mean(right), abs=1e-12)
