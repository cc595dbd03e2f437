"""The task layer against the Python programs: listing 2,000 YAML files, building mmlu's requests, a bootstrapped error.

Run by tools/bench. Our side is always the whole command; the Python side of the last two is the work alone, inside a process
that has imported everything.
"""

import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PROGRAM = ROOT / "build/release/lmms_eval"
SUBJECTS = 57
DOCS = 14_042


def package(name):
    import importlib.util

    return Path(importlib.util.find_spec(name).origin).parent


def installed(folder, tasks):
    """The program as `cmake --install` lays it out, with these tasks for the bundled ones."""
    (folder / "bin").mkdir()
    (folder / "lib").mkdir()
    shutil.copy2(PROGRAM, folder / "bin/lmms_eval")
    for library in (ROOT / "build/release/lib").glob("liblmms_eval.so*"):
        shutil.copy2(library, folder / "lib" / library.name, follow_symlinks=True)
    shutil.copytree(tasks, folder / "share/lmms_eval/tasks", ignore=lambda path, names: [n for n in names if not n.endswith(("yaml", "yml")) and not os.path.isdir(os.path.join(path, n))])
    return folder / "bin/lmms_eval", {**os.environ, "LD_LIBRARY_PATH": str(folder / "lib")}


def bench_listing(timed, row, runs):
    tasks = package("lmms_eval") / "tasks"
    files = len(list(tasks.rglob("*.yaml")))
    with tempfile.TemporaryDirectory() as folder:
        program, environment = installed(Path(folder), tasks)
        pairs = [(timed([program, "--tasks", "list"], environment), timed([PROGRAM, "--tasks", "list", "--include_path", tasks]),
                  timed([sys.executable, "-m", "lmms_eval", "--tasks", "list"])) for _ in range(runs)]  # fmt: skip
        peak = peak_megabytes([program, "--tasks", "list"], environment)
    row(f"lmms_eval --tasks list, {files} YAML files", [1000 * ours[0] for ours, _, _ in pairs], "ms")
    row("the same files through --include_path, which parses each", [1000 * ours[0] for _, ours, _ in pairs], "ms")
    row("lmms-eval --tasks list", [1000 * theirs[0] for _, _, theirs in pairs], "ms")
    row("ratio lmms-eval / lmms_eval", [theirs[0] / ours[0] for ours, _, theirs in pairs], "times")
    row("ratio lmms-eval / lmms_eval --include_path", [theirs[0] / ours[0] for _, ours, theirs in pairs], "times")
    row("peak memory of lmms_eval", [peak], "MB")


def peak_megabytes(command, environment):
    script = "import resource, subprocess, sys; subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, check=True); print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    done = subprocess.run([sys.executable, "-c", script, *map(str, command)], env=environment, capture_output=True, text=True, check=True)
    return int(done.stdout) / 1024


def write_mmlu(folder):
    """As many docs as mmlu has, in its schema and by its YAML."""
    draw = random.Random(57)
    words = [line.strip() for line in (ROOT / "tests/parity/metrics_cases.py").read_text().split() if line.isalpha()]

    def doc():
        return {"question": " ".join(draw.choices(words, k=30)), "choices": [" ".join(draw.choices(words, k=6)) for _ in range(4)], "answer": draw.randrange(4)}

    names = []
    for i in range(SUBJECTS):
        name = f"bench_mmlu_{i:02}"
        names.append(name)
        for split, count in (("test", DOCS // SUBJECTS + (i < DOCS % SUBJECTS)), ("dev", 5)):
            (folder / f"{name}.{split}.jsonl").write_text("".join(json.dumps(doc()) + "\n" for _ in range(count)))
        data = {split: str(folder / f"{name}.{split}.jsonl") for split in ("test", "dev")}
        config = {
            "task": name, "dataset_path": "json", "dataset_kwargs": {"data_files": data}, "test_split": "test", "fewshot_split": "dev",
            "fewshot_config": {"sampler": "first_n"}, "output_type": "multiple_choice",
            "doc_to_text": "{{question.strip()}}\nA. {{choices[0]}}\nB. {{choices[1]}}\nC. {{choices[2]}}\nD. {{choices[3]}}\nAnswer:",
            "doc_to_choice": ["A", "B", "C", "D"], "doc_to_target": "answer",
            "description": f"The following are multiple choice questions (with answers) about subject {i}.\n\n",
            "metric_list": [{"metric": "acc", "aggregation": "mean", "higher_is_better": True}],
        }  # fmt: skip
        (folder / f"{name}.yaml").write_text(json.dumps(config))  # JSON is YAML
    (folder / "bench_mmlu.yaml").write_text(json.dumps({"group": "bench_mmlu", "task": names, "aggregate_metric_list": [{"metric": "acc", "weight_by_size": True}]}))


BUILD = """
import json, logging, sys, time
logging.disable(logging.CRITICAL)
import datasets
from lm_eval.tasks import TaskManager
datasets.disable_progress_bars()
manager = TaskManager(include_path=sys.argv[1], include_defaults=False)
tasks = manager.load(["bench_mmlu"])["tasks"]
for task in tasks.values():
    task.set_config("num_fewshot", 5)
    task.set_fewshot_seed(1234)
start = time.perf_counter()
requests = 0
for task in tasks.values():
    task.build_all_requests(limit=None, rank=0, world_size=1)
    requests += len(task.instances)
print(json.dumps({"seconds": time.perf_counter() - start, "requests": requests}))
"""


def bench_requests(timed, row, runs):
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_mmlu(folder)
        command = [PROGRAM, "--model", "dummy", "--tasks", "bench_mmlu", "--include_path", folder, "--num_fewshot", "5", "--verbosity", "ERROR"]
        pairs = []
        for _ in range(runs):
            ours = timed(command)
            theirs = json.loads(timed([sys.executable, "-c", BUILD, folder])[2].splitlines()[-1])
            assert theirs["requests"] == 4 * DOCS, theirs
            pairs.append((ours[0], theirs["seconds"]))
    row(f"lmms_eval, {DOCS} docs, 5-shot, built, answered by dummy and scored", [ours for ours, _ in pairs])
    row("lm-eval, the same requests built", [theirs for _, theirs in pairs])
    row("ratio lm-eval / lmms_eval", [theirs / ours for ours, theirs in pairs], "times")


BOOTSTRAP = """
import json, logging, sys, time
logging.disable(logging.CRITICAL)
from lm_eval.api import metrics
values = json.load(open(sys.argv[1]))
start = time.perf_counter()
error = metrics.bootstrap_stderr(metrics.perplexity, values, iters=100_000)
print(json.dumps({"seconds": time.perf_counter() - start, "error": error}))
"""


def bench_bootstrap(timed, row, runs):
    """The perplexity of 10,000 docs with its error of 100,000 resamples. That both give the same error is for parity.metrics."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "docs.jsonl").write_text("".join(json.dumps({"q": f"question {i}", "a": "yes"}) + "\n" for i in range(10_000)))
        config = {
            "task": "bench_ppl", "dataset_path": "json", "dataset_kwargs": {"data_files": {"test": "docs.jsonl"}}, "test_split": "test",
            "output_type": "loglikelihood", "doc_to_text": "q", "doc_to_target": "a", "metric_list": [{"metric": "perplexity"}],
        }  # fmt: skip
        (folder / "bench_ppl.yaml").write_text(json.dumps(config))
        (folder / "values.json").write_text(json.dumps([-i / 7000 for i in range(10_000)]))
        ours = [timed([PROGRAM, "--model", "dummy", "--tasks", "bench_ppl", "--include_path", folder, "--verbosity", "ERROR"])[0] for _ in range(runs)]
        theirs = json.loads(timed([sys.executable, "-c", BOOTSTRAP, folder / "values.json"])[2].splitlines()[-1])
    row("lmms_eval, 10,000 docs, perplexity with 100,000 resamples, whole command", ours)
    row("lm-eval's bootstrap_stderr of as many values", [theirs["seconds"]])
    row("ratio lm-eval / lmms_eval", [theirs["seconds"] / seconds for seconds in ours], "times")


def bench_tasks(timed, row, runs):
    bench_listing(timed, row, runs)
    bench_requests(timed, row, runs)
    bench_bootstrap(timed, row, runs)
