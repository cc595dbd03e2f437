"""What the tests against the Python oracles share. Run with .parity/bin/python (made by tools/parity-env)."""

import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Finished:
    """What one run of the executable left: its exit code and its output."""

    rc: int
    stdout: str
    stderr: str

    def __str__(self) -> str:
        return f"exit code {self.rc}\n--- stdout\n{self.stdout}\n--- stderr\n{self.stderr}"


@pytest.fixture(scope="session")
def root() -> Path:
    """The repository."""
    return ROOT


@pytest.fixture(scope="session")
def lmms_eval_bin() -> Path:
    """The executable under test: $LMMS_EVAL_BIN, else that of the release preset."""
    path = Path(os.environ.get("LMMS_EVAL_BIN", ROOT / "build" / "release" / "lmms_eval")).resolve()
    if not os.access(path, os.X_OK):
        pytest.fail(f"{path} is not there; build it (cmake --build --preset release) or set LMMS_EVAL_BIN")
    return path


@pytest.fixture(scope="session")
def run_lmms_eval(lmms_eval_bin):
    """run_lmms_eval("--tasks", "digits", ...) runs the executable and returns Finished."""

    def run(*arguments, timeout: float = 900) -> Finished:
        done = subprocess.run(
            [str(lmms_eval_bin), *map(str, arguments)], capture_output=True, text=True, timeout=timeout, cwd=ROOT
        )
        return Finished(done.returncode, done.stdout, done.stderr)

    return run


def read_samples(folder: Path, task: str) -> list[dict]:
    """The sample lines of one task below an output folder, by doc_id."""
    files = list(folder.rglob(f"*_samples_{task}.jsonl"))
    assert len(files) == 1, f"expected one samples file of {task} under {folder}, found {files}"
    lines = [json.loads(line) for line in files[0].read_text(encoding="utf-8").splitlines()]
    return sorted(lines, key=lambda line: line["doc_id"])


def read_results(folder: Path) -> dict:
    """The results object below an output folder."""
    files = list(folder.rglob("*_results.json"))
    assert len(files) == 1, f"expected one results file under {folder}, found {files}"
    return json.loads(files[0].read_text(encoding="utf-8"))
