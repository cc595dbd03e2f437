"""Whole runs of lmms-eval 0.7 and of ours, as users start them: the same YAML, the same pictures, the same server.

The server answers from the text and the pixels that it is sent, so both programs get the same answers only if they ask the
same. Compared: every request body, every sample's target, filtered answer and scores, every number of the results file.
"""

from __future__ import annotations

import base64
import hashlib
import io
import json
import os
import pathlib
import random
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pyarrow
import pyarrow.parquet
import pytest
from PIL import Image

PROGRAM = os.environ["LMMS_EVAL_PROGRAM"]
DOCS = 37

TASKS: dict[str, dict[str, Any]] = {
    "plain": {},
    "exact": {"metric_list": [{"metric": "exact_match", "ignore_case": True, "ignore_punctuation": True, "regexes_to_ignore": [",", "\\$"]}]},
    "digits_only": {"metric_list": [{"metric": "exact_match", "ignore_numbers": True}]},
    "anls_one": {"metric_list": [{"metric": "anls"}]},
    "anls_many": {"doc_to_target": "answers", "metric_list": [{"metric": "anls"}]},
    "any_of_many": {"doc_to_target": "answers", "metric_list": [{"metric": "exact_match", "ignore_case": True}]},
    "choices": {"doc_to_target": "label", "doc_to_choice": ["cat", "dog", "42", "The Red Car"]},
    "template": {"doc_to_text": "{{ question | upper }} ({{ choices | join(', ') }})\n\nAnswer:\n", "doc_to_target": "{{ choices[label] }}"},
    "filters": {
        "filter_list": [
            {"name": "number", "filter": [{"function": "regex", "regex_pattern": "(-?[0-9.,]{2,})|(-?[0-9]+)", "group_select": -1}, {"function": "take_first"}]},
            {"name": "lower", "filter": [{"function": "lowercase"}, {"function": "remove_whitespace"}, {"function": "take_first"}]},
            {"name": "mapped", "filter": [{"function": "uppercase"}, {"function": "map", "mapping_dict": {"CAT": "dog", "42": "cat"}, "default_value": "42"}, {"function": "take_first"}]},
        ],
    },
    "until": {"generation_kwargs": {"max_new_tokens": 7, "temperature": 0.3, "do_sample": True, "top_p": 0.9, "until": ["Q:", "\n\n"]}},
    "renamed": {"task_alias": "Described", "metadata": {"version": 2.5}},
}  # fmt: skip

# What the two do alike only with --compat lmms-eval-0.7.
ONLY_COMPATIBLE: dict[str, dict[str, Any]] = {
    "described": {"description": "Look well at doc {{ label }}.\n\n", "fewshot_config": {"sampler": "default"}, "fewshot_split": "test"},
    # Examples that are drawn are drawn anew when a request is sent, in whatever order that happens; so the first ones.
    "text_alone": {"doc_to_visual": None, "description": "Think about {{ label }}. ", "fewshot_config": {"sampler": "first_n"},
                   "metric_list": [{"metric": "exact_match", "ignore_case": True}]},
    "text_first": {"doc_to_visual": None, "fewshot_config": {"sampler": "first_n"}, "doc_to_text": "{{ question }}\n", "fewshot_split": "test"},
}  # fmt: skip

RUNS: dict[str, tuple[list[str], list[str]]] = {
    "as_it_is": (list(TASKS), []),
    "limit_and_offset": (["plain", "filters", "anls_many"], ["--limit", "9", "--offset", "5"]),
    "options": (["plain"], ["--gen_kwargs", "temperature=0.7,max_new_tokens=11", "--limit", "0.5"]),
    "groups": (["weighed", "unweighed"], []),
    "compatible": (list(ONLY_COMPATIBLE), ["--num_fewshot", "2", "--system_instruction", "Be brief."]),
    "compatible_limit": (["few", "plain"], ["--limit", "0.3"]),
}


def picture(draw: random.Random) -> dict[str, Any]:
    image = Image.new("RGB", (draw.randint(3, 9), draw.randint(3, 9)))
    image.putdata([tuple(draw.choices(range(256), k=3)) for _ in range(image.width * image.height)])
    data = io.BytesIO()
    image.save(data, "PNG")
    return {"bytes": data.getvalue(), "path": None}


def write_data(folder: pathlib.Path) -> pathlib.Path:
    draw = random.Random(5)
    rows = []
    for i in range(DOCS):
        label = draw.randrange(4)
        rows.append({
            "image": picture(draw), "question": draw.choice(["Which?", "Was ist das? é", "数は？"]) + f" {i}",
            "choices": ["cat", "dog", "42", "The Red Car"], "label": label, "answer": ["cat", "dog", "42", "The Red Car"][label],
            "answers": [["cat", "Cat"], ["dog", "a dog"], ["42", "42.0"], ["The Red Car", "red car"]][label],
        })  # fmt: skip
    kind = pyarrow.struct([("bytes", pyarrow.binary()), ("path", pyarrow.string())])
    text = pyarrow.string()
    schema = pyarrow.schema([("image", kind), ("question", text), ("choices", pyarrow.list_(text)),
                             ("label", pyarrow.int64()), ("answer", text), ("answers", pyarrow.list_(text))])  # fmt: skip
    features = {"image": {"_type": "Image"}}
    for name, column in (("question", "string"), ("answer", "string"), ("label", "int64")):
        features[name] = {"dtype": column, "_type": "Value"}
    for name in ("choices", "answers"):
        features[name] = {"feature": {"dtype": "string", "_type": "Value"}, "_type": "Sequence"}
    schema = schema.with_metadata({"huggingface": json.dumps({"info": {"features": features}})})
    path = folder / "test.parquet"
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(rows, schema), path)
    return path


def write_tasks(folder: pathlib.Path, data: pathlib.Path) -> None:
    few = data.with_name("few.parquet")
    pyarrow.parquet.write_table(pyarrow.parquet.read_table(data).slice(0, 14), few)
    shorter = {"few": {"dataset_kwargs": {"data_files": {"test": str(few)}}}}
    for name, changes in {**TASKS, **ONLY_COMPATIBLE, **shorter}.items():
        config = {
            "task": name, "dataset_path": "parquet", "dataset_kwargs": {"data_files": {"test": str(data)}}, "test_split": "test",
            "output_type": "generate_until", "doc_to_visual": "image", "doc_to_text": "question", "doc_to_target": "answer",
            "generation_kwargs": {"max_new_tokens": 16}, "metric_list": [{"metric": "exact_match", "aggregation": "mean", "higher_is_better": True}],
            **changes,
        }  # fmt: skip
        config = {key: value for key, value in config.items() if value is not None}
        (folder / f"{name}.yaml").write_text(json.dumps(config, ensure_ascii=False), encoding="utf-8")
    for name, weighed in (("weighed", True), ("unweighed", False)):
        members = ["plain", "exact"] if weighed else ["template", "choices"]
        group = {"group": name, "task": members, "aggregate_metric_list": [{"metric": "exact_match", "aggregation": "mean", "weight_by_size": weighed}]}
        (folder / f"{name}.yaml").write_text(json.dumps(group))


def pixels(url: str) -> str:
    image = Image.open(io.BytesIO(base64.b64decode(url.split(",", 1)[1]))).convert("RGB")
    return hashlib.sha256(f"{image.width}x{image.height}:".encode() + image.tobytes()).hexdigest()


def answer_to(body: dict[str, Any]) -> str:
    said = ["cat", "Cat.", " dog", "a dog", "42", "It is 42, or 1,000.", "The Red Car", "the red car!", "", "no\nidea", "<think>cat?</think>dog", "<think>42"]
    digest = hashlib.sha256(json.dumps(body["messages"], sort_keys=True, ensure_ascii=False).encode()).digest()
    return said[digest[0] % len(said)]


class Server:
    def __enter__(self) -> "Server":
        self.bodies: list[dict] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                for message in body["messages"]:
                    for part in message["content"] if isinstance(message["content"], list) else []:
                        if part["type"] == "image_url":
                            part["image_url"]["url"] = "pixels:" + pixels(part["image_url"]["url"])
                outer.bodies.append(body)
                message = {"role": "assistant", "content": answer_to(body)}
                reply = json.dumps({"id": "1", "object": "chat.completion", "created": 0, "model": body["model"],
                                    "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
                                    "usage": {"prompt_tokens": 5, "completion_tokens": 1, "total_tokens": 6}}).encode()  # fmt: skip
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(reply)))
                self.end_headers()
                self.wfile.write(reply)

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_) -> None:
        self.server.shutdown()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}/v1"


def run(command: list[str], folder: pathlib.Path, tasks: list[str], flags: list[str], scratch: pathlib.Path) -> dict[str, Any]:
    with Server() as server:
        arguments = ["--model", "async_openai", "--model_args", f"model=tester,base_url={server.url},api_key=none", "--tasks", ",".join(tasks),
                     "--include_path", str(folder), "--log_samples", "--output_path", str(scratch), *flags]  # fmt: skip
        environment = {**os.environ, "HF_HUB_OFFLINE": "1", "HF_HOME": f"{scratch}/hf", "OPENAI_API_KEY": "none"}
        done = subprocess.run([*command, *arguments], cwd=folder, env=environment, capture_output=True, text=True)
        results = list(scratch.rglob("*_results.json"))
        assert results, done.stdout[-2000:] + done.stderr[-3000:]
        bodies = sorted(json.dumps(body, sort_keys=True, ensure_ascii=False) for body in server.bodies)
    samples = {path.stem.split("_samples_", 1)[1]: [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
               for path in scratch.rglob("*_samples_*.jsonl")}  # fmt: skip
    return {"bodies": bodies, "results": json.loads(results[0].read_text(encoding="utf-8")), "samples": samples}


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> pathlib.Path:
    folder = tmp_path_factory.mktemp("tasks")
    write_tasks(folder, write_data(folder))
    return folder


@pytest.fixture(scope="module", params=list(RUNS))
def both(request, folder, tmp_path_factory) -> tuple[dict, dict]:
    tasks, flags = RUNS[request.param]
    compatible = ["--compat", "lmms-eval-0.7"] if request.param.startswith("compatible") else []
    ours = run([PROGRAM], folder, tasks, flags + compatible, tmp_path_factory.mktemp("ours"))
    theirs = run([sys.executable, "-m", "lmms_eval"], folder, tasks, flags, tmp_path_factory.mktemp("theirs"))
    return ours, theirs


def test_requests_are_the_same(both) -> None:
    ours, theirs = both
    assert len(ours["bodies"]) == len(theirs["bodies"]) > 0
    different = [pair for pair in zip(ours["bodies"], theirs["bodies"], strict=True) if pair[0] != pair[1]]
    assert not different, f"{len(different)} of {len(ours['bodies'])}: {different[0]}"


def test_samples_are_the_same(both) -> None:
    ours, theirs = both
    assert ours["samples"].keys() == theirs["samples"].keys()
    left_out = {"doc_hash", "token_counts", "input_media", "input", "resps"}  # docs/differences.md
    for task, lines in theirs["samples"].items():
        assert len(lines) == len(ours["samples"][task]), task
        key = lambda line: (line["doc_id"], json.dumps(line["filtered_resps"]))  # noqa: E731
        for mine, other in zip(sorted(ours["samples"][task], key=key), sorted(lines, key=key), strict=True):
            compared = {name: value for name, value in other.items() if name not in left_out}
            assert {name: mine.get(name) for name in compared} == compared, task


def test_numbers_are_the_same(both) -> None:
    ours, theirs = both
    for section in ("results", "groups", "group_subtasks", "versions", "n-shot", "higher_is_better"):
        if section in theirs["results"]:
            assert ours["results"].get(section) == theirs["results"][section], section
