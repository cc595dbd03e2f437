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
    is_greedy: list[bool]  # whether greedy decoding would begin with that choice
    input_tokens: int


@pytest.fixture(scope="module")
def docs():
    rows = pq.read_table(TEST_SPLIT).to_pylist()
    return [(Image.open(io.BytesIO(row["image"]["bytes"])).convert("RGB"), row["label"]) for row in rows]


@pytest.fixture(scope="module")
def expected(docs) -> list[Answered]:
    torch.set_num_threads(2)
    processor = AutoProcessor.from_pretrained(MODEL)
    processor.image_processor = AutoImageProcessor.from_pretrained(MODEL, backend="pil")
    model = LlavaOnevisionForConditionalGeneration.from_pretrained(MODEL, dtype=torch.float32).eval()
    turn = {"role": "user", "content": [{"type": "image"}, {"type": "text", "text": QUESTION}]}
    prompt = processor.apply_chat_template([turn], add_generation_prompt=True)
    choice_ids = [processor.tokenizer(prompt + choice)["input_ids"][-1] for choice in CHOICES]
    # One token each, so that the log-likelihood of a choice is that of its token after the prompt.
    assert [processor.tokenizer.decode(token) for token in choice_ids] == CHOICES
    answers = []
    for image, _ in docs:
        inputs = processor(images=[image], text=prompt, return_tensors="pt")
        length = inputs["input_ids"].shape[1]
        out = model.generate(
            **inputs, max_new_tokens=8, do_sample=False, output_logits=True, return_dict_in_generate=True
        )
        logprobs = torch.log_softmax(out.logits[0][0].double(), -1)
        answers.append(
            Answered(
                text=processor.tokenizer.decode(out.sequences[0, length:], skip_special_tokens=True),
                logprobs=logprobs[choice_ids].numpy(),
                is_greedy=[int(logprobs.argmax()) == token for token in choice_ids],
                input_tokens=length,
            )
        )
    return answers


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


def test_the_data_files_are_what_the_tool_makes():
    done = subprocess.run([sys.executable, ROOT / "tools" / "make_digits.py", "--check"], capture_output=True, text=True)
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
    check_input_tokens(lines, expected)
    assert [line["acc"] for line in lines] == right
    # Every choice is one character long, so the normalised choice is the same one.
    assert [line["acc_norm"] for line in lines] == right
    assert result["acc,none"] == pytest.approx(np.mean(right), abs=1e-12)
    assert result["acc_norm,none"] == pytest.approx(np.mean(right), abs=1e-12)
