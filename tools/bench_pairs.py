"""Times whole commands in pairs, one after the other, and prints the median of their ratios. Run by tools/bench."""

import argparse
import json
import os
import platform
import re
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import bench_tasks

ROOT = Path(__file__).resolve().parent.parent
PROGRAM = ROOT / "build/release/lmms_eval"
MODEL = ROOT / "tests/models/tiny-llava-onevision"
SERVER = ROOT / "build/release/openai_test_server"


def timed(command, env=None):
    """Seconds and CPU seconds of a command that must succeed."""
    before = os.times()
    start = time.perf_counter()
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=env)
    seconds = time.perf_counter() - start
    after = os.times()
    if done.returncode != 0:
        sys.exit(f"tools/bench: {' '.join(map(str, command))} failed:\n{done.stderr}")
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    return seconds, cpu, done.stdout


def ours(batch):
    return [PROGRAM, "--model", "llava_onevision", "--model_args", f"pretrained={MODEL},dtype=float32", "--tasks", "digits", "--device", "cpu",
            "--batch_size", str(batch), "--verbosity", "ERROR"]


def theirs(batch):
    return [sys.executable, ROOT / "tools/bench_transformers.py", "--batch-size", str(batch)]


def our_score(batch):
    """The exact match of a run, which times nothing."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "r.json"
        timed([*ours(batch), "--output_path", out])
        scores = json.loads(out.read_text())["results"]["digits"]
    return next(value for key, value in scores.items() if key.startswith("exact_match,"))


def our_torch():
    """The version of the libtorch that the program is linked with."""
    version = next(ROOT.glob(".deps/lib/python*/site-packages/torch/version.py"), None)
    return re.search(r"__version__ = '([^']+)'", version.read_text())[1] if version else "unknown"


def row(name, values, unit="s"):
    print(f"| {name} | {min(values):.3f} | {statistics.median(values):.3f} | {max(values):.3f} | {unit} |")


def header():
    print("| what | min | median | max | unit |\n|---|--:|--:|--:|---|")


def bench_startup(runs):
    header()
    for name, flags in (("--help", ["--help"]), ("--tasks list", ["--tasks", "list"])):
        row(name, [1000 * timed([PROGRAM, *flags])[0] for _ in range(10 * runs)], "ms")


def bench_local(runs):
    header()
    for batch in (1, 8):
        pairs = []
        for _ in range(runs):
            pairs.append((timed(ours(batch)), timed(theirs(batch))))
        row(f"lmms_eval, batch {batch}, whole command", [mine[0] for mine, _ in pairs])
        row(f"transformers script, batch {batch}, whole command", [other[0] for _, other in pairs])
        reference = json.loads(pairs[0][1][2].splitlines()[-1])["exact_match"]
        score = our_score(batch)
        if abs(score - reference) > 1e-9:
            sys.exit(f"tools/bench: the two sides do not do the same work: exact match {score} and {reference} at batch {batch}")
        inner = [json.loads(other[2].splitlines()[-1])["generate_seconds"] for _, other in pairs]
        row(f"transformers script, batch {batch}, without start-up", inner)
        row(f"ratio script / lmms_eval, batch {batch}", [other[0] / mine[0] for mine, other in pairs], "times")
    best = [timed(ours("auto"))[0] for _ in range(runs)]
    row("lmms_eval, batch auto, whole command", best)


def bench_api(runs):
    header()
    for latency, concurrency in ((0, 64), (50, 256)):
        rates = []
        for _ in range(runs):
            server = subprocess.Popen([SERVER, "--port", "0", "--latency-ms", str(latency), "--answer", "3", "--until-eof"], stdin=subprocess.PIPE,
                                      stdout=subprocess.PIPE, text=True)
            port = server.stdout.readline().strip()
            with tempfile.TemporaryDirectory() as folder:
                out = Path(folder) / "r.json"
                seconds, _, _ = timed([PROGRAM, "--model", "async_openai", "--model_args",
                                       f"model=m,base_url=http://127.0.0.1:{port}/v1,num_concurrent={concurrency}", "--tasks", "digits",
                                       "--repeats", "10", "--output_path", out, "--verbosity", "ERROR"])
                requests = 10 * json.loads(out.read_text())["n-samples"]["digits"]["answered"]
            server.stdin.close()
            server.wait()
            rates.append(requests / seconds)
        row(f"requests/s, whole command, {latency} ms latency, {concurrency} in flight", rates, "1/s")


def bench_task_layer(runs):
    header()
    bench_tasks.bench_tasks(timed, row, runs)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("what", nargs="*", choices=[[], "startup", "tasks", "local", "api"])
    arguments = parser.parse_args()
    import torch
    import transformers

    cpu = next((line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), platform.machine())
    print(f"{cpu}, {os.cpu_count()} cores; lmms_eval's torch {our_torch()}, Python's torch {torch.__version__}, transformers {transformers.__version__}; {arguments.runs} interleaved runs\n")
    for name, bench in (("startup", bench_startup), ("tasks", bench_task_layer), ("local", bench_local), ("api", bench_api)):
        if not arguments.what or name in arguments.what:
            print(f"{name}\n")
            bench(arguments.runs)
            print()


if __name__ == "__main__":
    main()
