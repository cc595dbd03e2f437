"""Runs lmms-eval 0.7.3 on each case of tests/golden and keeps what it wrote. Run by tools/record_golden.

A case is a folder with `case.json`: {"flags": [...], "answers": how the server answers}; its tasks come from tasks/ of this
repository. The server answers from the position of the picture in the task, told by the picture's pixels, so that both programs,
which may encode a picture differently, get the same answer. Recorded: the table, the results file's comparable sections, the
samples, and the bodies of the requests with pictures replaced by a hash of their pixels.
"""

import base64
import hashlib
import io
import json
import os
import subprocess
import sys
import tempfile
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pyarrow.parquet
from PIL import Image

ROOT = Path(__file__).resolve().parent.parent
SECTIONS = ("results", "groups", "group_subtasks", "versions", "n-shot", "higher_is_better")


def pixels_hash(data: bytes) -> str:
    image = Image.open(io.BytesIO(data)).convert("RGB")
    return hashlib.sha256(f"{image.width}x{image.height}:".encode() + image.tobytes()).hexdigest()


def digits_answers(rule: str) -> dict[str, str]:
    """Pixels of each test digit -> what the server says. Rules: right, every_fourth_wrong, padded."""
    answers = {}
    for position, row in enumerate(pyarrow.parquet.read_table(ROOT / "tasks/digits/data/test.parquet").to_pylist()):
        answer = str(row["label"])
        if rule == "every_fourth_wrong" and position % 4 == 3:
            answer = "no digit"
        if rule == "padded":
            answer = f"  {answer}\n"
        answers[pixels_hash(row["image"]["bytes"])] = answer
    return answers


def make_server(answers):
    bodies = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self):
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            answer = "?"
            for message in body["messages"]:
                for part in message["content"] if isinstance(message["content"], list) else []:
                    if part["type"] == "image_url":
                        digest = pixels_hash(base64.b64decode(part["image_url"]["url"].split(",", 1)[1]))
                        part["image_url"]["url"] = f"pixels:{digest}"
                        answer = answers.get(digest, "?")
            bodies.append(body)
            reply = json.dumps({"id": "1", "object": "chat.completion", "created": 0, "model": body["model"],
                                "choices": [{"index": 0, "message": {"role": "assistant", "content": answer}, "finish_reason": "stop"}],
                                "usage": {"prompt_tokens": 5, "completion_tokens": 1, "total_tokens": 6}}).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(reply)))
            self.end_headers()
            self.wfile.write(reply)

        def log_message(self, *arguments):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server, bodies


def table_lines(output: str) -> str:
    return "".join(line + "\n" for line in output.splitlines() if line.startswith("|"))


def record(case: Path):
    described = json.loads((case / "case.json").read_text())
    server, bodies = make_server(digits_answers(described["answers"]))
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "lmms_eval", "--model", described["model"], "--model_args",
                   f"model=tester,base_url=http://127.0.0.1:{server.server_port}/v1,api_key=none", "--include_path", ROOT / "tasks",
                   "--log_samples", "--output_path", folder, *described["flags"]]
        environment = dict(os.environ, HF_HUB_OFFLINE="1", HF_HOME=f"{folder}/hf", OPENAI_API_KEY="none")
        done = subprocess.run(command, cwd=ROOT / "tasks/digits", env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        results_files = list(Path(folder).rglob("*_results.json"))
        if not results_files:
            sys.exit(f"{case.name}: lmms-eval wrote no results\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}")
        expected = case / "expected"
        expected.mkdir(exist_ok=True)
        (expected / "table.md").write_text(table_lines(done.stdout))
        results = json.loads(results_files[0].read_text())
        kept = {name: results[name] for name in SECTIONS if name in results}
        (expected / "results.json").write_text(json.dumps(kept, indent=2, ensure_ascii=False, sort_keys=True) + "\n")
        for samples in Path(folder).rglob("*_samples_*.jsonl"):
            task = samples.stem.split("_samples_", 1)[1]
            (expected / f"samples_{task}.jsonl").write_text(samples.read_text())
        bodies.sort(key=lambda body: json.dumps(body, sort_keys=True))
        (expected / "bodies.jsonl").write_text("".join(json.dumps(body, sort_keys=True, ensure_ascii=False) + "\n" for body in bodies))
    server.shutdown()
    print(f"{case.name}: recorded {len(bodies)} requests")


def main():
    cases = [ROOT / "tests/golden" / name for name in sys.argv[1:]] or sorted(
        path.parent for path in (ROOT / "tests/golden").glob("*/case.json"))
    for case in cases:
        record(case)


if __name__ == "__main__":
    main()
