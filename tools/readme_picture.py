"""Draws docs/images/digits.png: images of the digits task with the answers of a run. Usage: readme_picture.py SAMPLES.jsonl

Needs Pillow and pyarrow (.parity/bin/python).
"""

import io
import json
import sys
from pathlib import Path

import pyarrow.parquet
from PIL import Image, ImageDraw, ImageFont

ROOT = Path(__file__).resolve().parent.parent
SIDE, GAP, CAPTION, COUNT = 128, 16, 34, 6


def main():
    lines = [json.loads(line) for line in open(sys.argv[1])]
    wrong = [line for line in lines if line["exact_match"] == 0.0][:1]
    chosen = [line for line in lines if line["exact_match"] == 1.0][: COUNT - len(wrong)] + wrong
    rows = pyarrow.parquet.read_table(ROOT / "tasks/digits/data/test.parquet").to_pylist()
    sheet = Image.new("RGB", (GAP + len(chosen) * (SIDE + GAP), GAP + SIDE + CAPTION), "white")
    draw = ImageDraw.Draw(sheet)
    font = ImageFont.load_default(size=20)
    for i, line in enumerate(chosen):
        picture = Image.open(io.BytesIO(rows[line["doc_id"]]["image"]["bytes"])).convert("RGB")
        x = GAP + i * (SIDE + GAP)
        sheet.paste(picture.resize((SIDE, SIDE), Image.Resampling.NEAREST), (x, GAP))
        right = line["exact_match"] == 1.0
        text = f"{line['filtered_resps']}" + ("" if right else f" (is {line['target']})")
        draw.text((x + SIDE / 2, GAP + SIDE + 5), text, fill="black" if right else "firebrick", font=font, anchor="ma")
    sheet.save(ROOT / "docs/images/digits.png", optimize=True)


if __name__ == "__main__":
    main()
