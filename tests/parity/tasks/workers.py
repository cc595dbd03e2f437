"""The two programs that answer jobs, kept alive from job to job, and started anew after one that ends them."""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

ROOT = pathlib.Path(__file__).resolve().parents[3]


class Worker:
    def __init__(self, command: list[str], limit: float = 300.0) -> None:
        self.command = command
        self.limit = limit
        self.process: subprocess.Popen | None = None

    def start(self) -> subprocess.Popen:
        environment = {**os.environ, "PYTHONPATH": str(ROOT / "tests" / "parity")}
        self.process = subprocess.Popen(self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.DEVNULL, text=True, encoding="utf-8", env=environment)  # fmt: skip
        return self.process

    def ask(self, job: dict[str, Any]) -> dict[str, Any]:
        process = self.process or self.start()
        watch = threading.Timer(self.limit, process.kill)
        watch.start()
        try:
            process.stdin.write(json.dumps(job, ensure_ascii=False) + "\n")
            process.stdin.flush()
            line = process.stdout.readline()
        except BrokenPipeError:
            line = ""
        finally:
            watch.cancel()
        if line:
            return json.loads(line)
        code = process.wait()
        self.process = None
        return {"id": job["id"], "error": f"the program ended with status {code}"}

    def close(self) -> None:
        if self.process is not None:
            self.process.stdin.close()
            self.process.wait()
            self.process = None


class Pair:
    """lm-eval and ours, asked at the same time."""

    def __init__(self, driver: str | None = None) -> None:
        driver = driver or os.environ.get("LMMS_EVAL_TASK_DRIVER") or str(ROOT / "build" / "release" / "tests" / "task_driver")
        if not pathlib.Path(driver).is_file():
            raise FileNotFoundError(f"{driver} is missing: build the target task_driver")
        self.ours = Worker([driver])
        self.theirs = Worker([sys.executable, "-m", "tasks.oracle"])
        self.pool = ThreadPoolExecutor(2)

    def ask(self, jobs: list[dict[str, Any]]) -> list[tuple[dict, dict, dict]]:
        """(job, ours, theirs) for each job. A job may change what ours is asked, to see that the difference is found."""
        mine = self.pool.submit(lambda: [self.ours.ask(job.get("mutated", job)) for job in jobs])
        other = self.pool.submit(lambda: [self.theirs.ask(job) for job in jobs])
        return list(zip(jobs, mine.result(), other.result()))

    def __enter__(self) -> "Pair":
        return self

    def __exit__(self, *_: object) -> None:
        self.ours.close()
        self.theirs.close()
        self.pool.shutdown()
