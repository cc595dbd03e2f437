#!/usr/bin/env python3
"""Makes tasks/digits/data/{train,test}.parquet: the 1,797 handwritten digits that ship with scikit-learn.

    .parity/bin/python tools/make_digits.py [--out FOLDER] [--check]

Each digit is 8x8 samples with values 0..16. It becomes a 64x64 greyscale PNG in which every sample is one block of 8x8
pixels with the grey value round(value * 255 / 16): nothing is smoothed or invented, and a person can see it.

The split depends on no random generator: within each label the digits are put in the order of
sha256("digits:<index>"), and the first ones of that order are the test digits, a fifth of each label, with the five that
rounding leaves over going to the labels with the largest remainders (the smaller label first): 360 test, 1,437 train.
The rows of a file are in the same hash order, so any first N rows are a mixed sample.

The same pinned packages give the same bytes. --check makes the files in memory and compares them with those there.
"""

import argparse
import hashlib
import io
import json
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image
from sklearn.datasets import load_digits

SCALE = 8  # pixels a side for one sample
TEST_DOCS = 360
ROWS_PER_GROUP = {"train": 96, "test": 60}

# What the `datasets` library writes, so that it, too, reads `image` as images.
FEATURES = {
    "id": {"dtype": "int64", "_type": "Value"},
    "image": {"_type": "Image"},
    "label": {"names": [str(digit) for digit in range(10)], "_type": "ClassLabel"},
}


def order_key(index: int) -> str:
    return hashlib.sha256(f"digits:{index}".encode()).hexdigest()


def split_indices(labels: np.ndarray) -> dict[str, list[int]]:
    """Indices into scikit-learn's set for each split, in row order."""
    by_label = {digit: sorted(np.flatnonzero(labels == digit).tolist(), key=order_key) for digit in range(10)}
    quota = {digit: len(members) * TEST_DOCS // len(labels) for digit, members in by_label.items()}
    remainder = {digit: len(members) * TEST_DOCS % len(labels) for digit, members in by_label.items()}
    for digit in sorted(remainder, key=lambda d: (-remainder[d], d))[: TEST_DOCS - sum(quota.values())]:
        quota[digit] += 1
    test = {index for digit, members in by_label.items() for index in members[: quota[digit]]}
    everything = sorted(range(len(labels)), key=order_key)
    return {
        "train": [index for index in everything if index not in test],
        "test": [index for index in everything if index in test],
    }


def to_png(samples: np.ndarray) -> bytes:
    """PNG of one digit. samples: [8, 8] with values 0..16."""
    grey = np.rint(samples * 255.0 / 16.0).astype(np.uint8)
    image = Image.fromarray(np.kron(grey, np.ones((SCALE, SCALE), dtype=np.uint8)))
    out = io.BytesIO()
    image.save(out, format="PNG", optimize=True)
    return out.getvalue()


def to_parquet(indices: list[int], samples: np.ndarray, labels: np.ndarray, rows_per_group: int) -> bytes:
    schema = pa.schema(
        [
            pa.field("id", pa.int64()),
            pa.field("image", pa.struct([("bytes", pa.binary()), ("path", pa.string())])),
            pa.field("label", pa.int64()),
        ],
        metadata={"huggingface": json.dumps({"info": {"features": FEATURES}})},
    )
    table = pa.table(
        {
            "id": indices,
            "image": [{"bytes": to_png(samples[i]), "path": f"digit_{i:04d}.png"} for i in indices],
            "label": [int(labels[i]) for i in indices],
        },
        schema=schema,
    )
    out = io.BytesIO()
    pq.write_table(table, out, row_group_size=rows_per_group, compression="snappy")
    return out.getvalue()


def main() -> int:
    root = Path(__file__).resolve().parent.parent
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=root / "tasks" / "digits" / "data", help="folder to write to")
    parser.add_argument("--check", action="store_true", help="compare with the files there instead of writing")
    options = parser.parse_args()

    digits = load_digits()
    differing = 0
    if not options.check:
        options.out.mkdir(parents=True, exist_ok=True)
    for split, indices in split_indices(digits.target).items():
        content = to_parquet(indices, digits.images, digits.target, ROWS_PER_GROUP[split])
        path = options.out / f"{split}.parquet"
        if options.check:
            same = path.is_file() and path.read_bytes() == content
            differing += not same
            print(f"{path.name}: {'identical' if same else 'DIFFERENT'}")
        else:
            path.write_bytes(content)
            print(f"{path.name}: {len(indices)} rows, {len(content)} bytes, sha256 {hashlib.sha256(content).hexdigest()}")
    return 1 if differing else 0


if __name__ == "__main__":
    sys.exit(main())
