"""A plain transformers script for the digits task: what a user would write without a harness. Prints accuracy and seconds as JSON."""

import argparse
import io
import json
import time
from pathlib import Path

import pyarrow.parquet
import torch
from PIL import Image
from transformers import AutoModelForImageTextToText, AutoProcessor

ROOT = Path(__file__).resolve().parent.parent
QUESTION = "What digit is this? Answer with one digit."
MAX_NEW_TOKENS = 8  # as tasks/digits has it


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", default=ROOT / "tests/models/tiny-llava-onevision")
    parser.add_argument("--batch-size", type=int, default=1)
    arguments = parser.parse_args()

    processor = AutoProcessor.from_pretrained(arguments.model)
    processor.tokenizer.padding_side = "left"
    model = AutoModelForImageTextToText.from_pretrained(arguments.model, dtype=torch.float32).eval()
    rows = pyarrow.parquet.read_table(ROOT / "tasks/digits/data/test.parquet").to_pylist()

    start = time.perf_counter()
    correct = 0
    for begin in range(0, len(rows), arguments.batch_size):
        batch = rows[begin : begin + arguments.batch_size]
        images = [Image.open(io.BytesIO(row["image"]["bytes"])).convert("RGB") for row in batch]
        turn = [{"role": "user", "content": [{"type": "image"}, {"type": "text", "text": QUESTION}]} for row in batch]
        prompts = [processor.apply_chat_template([message], add_generation_prompt=True) for message in turn]
        inputs = processor(images=images, text=prompts, padding=True, return_tensors="pt")
        with torch.inference_mode():
            output = model.generate(**inputs, max_new_tokens=MAX_NEW_TOKENS, do_sample=False)
        texts = processor.batch_decode(output[:, inputs["input_ids"].shape[1] :], skip_special_tokens=True)
        correct += sum(text.strip() == str(row["label"]) for text, row in zip(texts, batch))
    seconds = time.perf_counter() - start
    print(json.dumps({"exact_match": correct / len(rows), "generate_seconds": seconds}))


if __name__ == "__main__":
    main()
