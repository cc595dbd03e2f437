"""Runs the real lm-eval on many tasks in one process: a job a line on standard input, a record a line on standard output."""

from __future__ import annotations

import contextlib
import functools
import io
import json
import logging
import math
import os
import sys
import traceback
import warnings
from typing import Any

os.environ["DISABLE_MULTIPROC"] = "1"  # bootstrap in this process: the same numbers
os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["HF_DATASETS_OFFLINE"] = "1"
os.environ["TQDM_DISABLE"] = "1"

import datasets  # noqa: E402
import numpy as np  # noqa: E402
from lm_eval import evaluator, utils  # noqa: E402
from lm_eval.api.model import LM  # noqa: E402
from lm_eval.tasks import TaskManager  # noqa: E402

from tasks import fake_model  # noqa: E402


def load_local(path: str, name: str | None = None, data_files: dict | None = None, **_: Any) -> datasets.DatasetDict:
    """In place of datasets.load_dataset: the local JSON lines, with neither cache nor copy."""
    if path != "json" or not data_files:
        raise RuntimeError(f"the data set {path} is not local")
    made = {}
    for split, file in data_files.items():
        with open(file, encoding="utf-8") as lines:
            made[split] = datasets.Dataset.from_list([json.loads(line) for line in lines])
    return datasets.DatasetDict(made)


class FakeModel(LM):
    def __init__(self, golds: dict[str, dict[str, str]]) -> None:
        super().__init__()
        self.golds = golds

    def loglikelihood(self, requests, disable_tqdm=False):
        return [fake_model.loglikelihood(*request.args[:2]) for request in requests]

    def loglikelihood_rolling(self, requests, disable_tqdm=False):
        return [fake_model.rolling(request.args[0]) for request in requests]

    def generate_until(self, requests, disable_tqdm=False):
        answers, asked = [], {}
        for request in requests:
            repeat = asked.get(id(request), 0)
            asked[id(request)] = repeat + 1
            until = request.args[1].get("until") or []
            gold = self.golds.get(request.task_name, {}).get(str(request.doc_id), "")
            answers.append(fake_model.answer(request.args[0], [until] if isinstance(until, str) else until, repeat, gold))
        return answers

    def apply_chat_template(self, chat_history, add_generation_prompt=True):
        return fake_model.chat(chat_history, add_generation_prompt)

    @property
    def tokenizer_name(self):
        return "fake"


def plain(value: Any) -> Any:
    """As JSON: numpy numbers as numbers, what JSON has no form for as null."""
    if isinstance(value, (np.floating, float)):
        return float(value) if math.isfinite(value) else None
    if isinstance(value, np.bool_):
        return bool(value)
    if isinstance(value, np.integer):
        return int(value)
    if isinstance(value, np.ndarray):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return value


def requests_of(samples: dict[str, list[dict]], tasks: dict[str, Any]) -> list[dict]:
    found = []
    for name, task in tasks.items():
        for instance in task.instances:
            args = instance.args
            request: dict[str, Any] = {"task": name, "type": instance.request_type, "doc_id": instance.doc_id,
                                       "index": instance.idx, "repeats": len(instance.resps)}  # fmt: skip
            if instance.request_type == "generate_until":
                request |= {"context": args[0], "options": plain(args[1])}
            elif instance.request_type == "loglikelihood":
                request |= {"context": args[0], "continuation": args[1]}
            else:
                request |= {"context": "", "continuation": args[0]}
            found.append(request)
    return found


META = {"doc_id", "doc", "target", "arguments", "resps", "filtered_resps", "filter", "metrics", "doc_hash",
        "prompt_hash", "target_hash"}  # fmt: skip


def sample_of(task: str, sample: dict) -> dict:
    values = {metric: plain(sample[metric]) for metric in sample["metrics"]}
    return {"task": task, "doc_id": sample["doc_id"], "filter": sample["filter"], "target": str(sample["target"]),
            "filtered": plain(sample["filtered_resps"]), "values": values}  # fmt: skip


@functools.lru_cache(maxsize=4)
def manager_of(include_path: str) -> TaskManager:
    return TaskManager(include_path=include_path or None, include_defaults=False)


def run(job: dict[str, Any]) -> dict[str, Any]:
    options = job.get("options", {})
    manager = manager_of(job.get("include_path", ""))
    kept: dict[str, Any] = {}
    original = evaluator.evaluate

    def evaluate(*args, **kwargs):
        kept["tasks"] = kwargs["task_dict"]["tasks"]
        return original(*args, **kwargs)

    evaluator.evaluate = evaluate
    try:
        results = evaluator.simple_evaluate(
            model=FakeModel(job.get("golds", {})), tasks=job["tasks"], task_manager=manager,
            num_fewshot=options.get("num_fewshot"), limit=options.get("limit"),
            bootstrap_iters=options.get("bootstrap_iters", 20),
            system_instruction=options.get("system_instruction"),
            apply_chat_template=options.get("chat", False),
            fewshot_as_multiturn=options.get("multiturn", False),
            fewshot_random_seed=options.get("fewshot_seed", 1234), gen_kwargs=options.get("gen_kwargs"),
        )  # fmt: skip
    finally:
        evaluator.evaluate = original
    samples = [sample_of(task, sample) for task, lines in results["samples"].items() for sample in lines]
    return {
        "requests": requests_of(results["samples"], kept["tasks"]),
        "samples": samples,
        "results": plain(results["results"]),
        "n-shot": plain(results["n-shot"]),
        "versions": plain(results["versions"]),
        "higher_is_better": plain(results["higher_is_better"]),
        "group_subtasks": plain(results["group_subtasks"]),
        "n-samples": plain(results["n-samples"]),
    }


def answer(line: str) -> dict[str, Any]:
    job = json.loads(line)
    try:
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            record = run(job)
    except Exception as error:  # noqa: BLE001 - an error is a result
        where = traceback.extract_tb(error.__traceback__)[-1]
        record = {"error": f"{type(error).__name__}: {error} ({where.filename.split('/')[-1]}:{where.lineno})"[:500]}
    return {"id": job["id"], **record}


def main() -> None:
    logging.disable(logging.CRITICAL)
    warnings.simplefilter("ignore")
    np.seterr(all="ignore")
    datasets.load_dataset = load_local
    utils.env.from_string = functools.lru_cache(maxsize=4096)(utils.env.from_string)  # compiled once, as the text says
    evaluator.add_env_info = evaluator.add_tokenizer_info = lambda *_: None  # slow, and not compared
    out = sys.stdout
    for line in sys.stdin:
        out.write(json.dumps(answer(line), ensure_ascii=False) + "\n")
        out.flush()


if __name__ == "__main__":
    main()
