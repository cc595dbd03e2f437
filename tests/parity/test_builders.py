"""Prompts and pictures of tasks made of native functions (benchmark_prompts.yaml) against the functions of lmms-eval's
benchmarks, on random docs."""

from __future__ import annotations

import base64
import importlib.util
import io
import json
import os
import pathlib
import random
import subprocess
import types
from typing import Any, Callable

import datasets
import pandas
import pyarrow
import pyarrow.parquet
import pytest
import yaml
from PIL import Image, ImageDraw

from benchmark_functions import module

DRIVER = os.environ["LMMS_EVAL_PROMPT_DRIVER"]
TASKS = yaml.safe_load((pathlib.Path(__file__).parent / "benchmark_prompts.yaml").read_text())
DOCS = 200
WORDS = ["what", "Is", "the", "RED", "car", "ÉCOLE", "ß", "中文", "a.b", "{{x}}", "{}", "<image>", "12", "\n", "'quoted'", '"q"', "%", "\\n", "İ", "nan"]
FIXED = "Please answer directly with only the letter of the correct option and nothing else."


class Picture:
    """Stands for a PIL image in upstream's functions, and goes into a Parquet file."""

    def __init__(self, name: str, width: int = 4, height: int = 3):
        self.name, self.width, self.height = name, width, height

    def convert(self, mode: str) -> Picture:
        return self

    def encoded(self) -> bytes:
        file = io.BytesIO()
        Image.new("RGB", (self.width, self.height), (hash(self.name) % 256, 7, 9)).save(file, "PNG")
        return file.getvalue()


def phrase(draw: random.Random, least: int = 1) -> str:
    edge = draw.choice(["", "", "", " ", "\n"])
    return edge + " ".join(draw.choice(WORDS) for _ in range(draw.randint(least, 7))) + edge


def phrases(draw: random.Random, least: int, most: int) -> list[str]:
    return [phrase(draw) for _ in range(draw.randint(least, most))]


def base_doc(draw: random.Random, i: int) -> dict[str, Any]:
    return {"question": phrase(draw), "answer": draw.choice("ABCD"), "image": Picture(f"p{i}.png")}


def with_options(draw: random.Random, i: int, name: str = "options", least: int = 2) -> dict[str, Any]:
    options = phrases(draw, least, 6)
    return base_doc(draw, i) | {name: options, "answer": str(draw.randrange(max(1, len(options))))}


def realworldqa(draw, i):
    return base_doc(draw, i) | {"question": phrase(draw) + draw.choice(["", "\n" + FIXED, FIXED + " "])}


def mmstar(draw, i):
    picture = Picture(f"m{i}", 4 + i % 5)
    return base_doc(draw, i) | {"image": draw.choice(["", "data:image/png;base64,"][:1]) + base64.b64encode(picture.encoded()).decode()}


def seedbench(draw, i):
    doc = base_doc(draw, i) | {f"choice_{c}": phrase(draw) for c in "abcd"}
    return doc | {"image": [Picture(f"s{i}_{j}.png") for j in range(draw.randint(1, 3))]}


def scienceqa(draw, i):
    doc = with_options(draw, i, "choices")
    return doc | {"answer": int(doc["answer"]), "hint": draw.choice(["", phrase(draw)]), "image": draw.choice([None, Picture(f"q{i}.png")])}


def muirbench(draw, i):
    return with_options(draw, i) | {"image_list": [Picture(f"l{i}_{j}.png") for j in range(draw.randint(1, 4))]}


def blink(draw, i):
    doc = {"prompt": phrase(draw), "choices": phrases(draw, 2, 4), "answer": "(A)", "image_0x": "no"}
    return doc | {f"image_{n}": Picture(f"b{i}_{n}.png") if n == 1 or draw.random() < 0.5 else None for n in (1, 2, 3, 4)}


def cv_bench(draw, i):
    return {"prompt": phrase(draw), "choices": phrases(draw, 2, 6), "answer": "(B)", "image": Picture(f"c{i}.png")}


def mmbench(draw, i):
    options = {c: draw.choice([phrase(draw), phrase(draw), None, "nan", ""]) for c in "BCDE"}
    columns = {name: "x" for name in ("category", "L2-category", "source", "split")}
    return base_doc(draw, i) | {"A": phrase(draw)} | options | columns | {"hint": draw.choice([None, "nan", phrase(draw)]), "index": i}


def nextqa(draw, i):
    return {"question": phrase(draw), "answer": "1", "video": f"v{i % 7}"} | {f"a{n}": phrase(draw) for n in range(5)}


def egoschema(draw, i):
    return {"question": phrase(draw), "answer": "0", "video_idx": f"v{i % 7}", "option": phrases(draw, 5, 5)}


def videomme(draw, i):
    kind = "long" if i % 3 == 0 else draw.choice(["short", "medium"])
    return {"question": phrase(draw), "answer": "A", "videoID": f"v{i % 7}", "options": phrases(draw, 4, 4), "duration": kind}


def mvbench(draw, i):
    return {"question": phrase(draw), "answer": "A", "video": f"clip{i % 3}", "candidates": phrases(draw, 2, 5)}


def mmt(draw, i):
    return base_doc(draw, i) | {c: draw.choice([phrase(draw), None, "  ", ""]) for c in "ABCDEFGHI"}


def mathvision(draw, i):
    doc = with_options(draw, i, least=0)
    return doc | {"decoded_image": doc.pop("image")}


def mmmu(draw, i):
    kind = draw.choice(["multiple-choice", "open"])
    marks = [f"<image {n}>" for n in draw.sample(range(1, 8), draw.randint(1, 3))]
    pieces = [phrase(draw, 0).replace("<image>", "") for _ in range(len(marks))]
    question = "".join(piece + mark for piece, mark in zip(pieces, marks)) + draw.choice(["", phrase(draw).replace("<image>", "")])
    options = [o.replace("<image>", "") for o in phrases(draw, 2, 4)] + draw.choice([[], ["see <image 7>"]])
    pictures = {f"image_{n}": Picture(f"u{i}_{n}.png") for n in range(1, 8)}
    return {"question": question, "options": str(options), "question_type": kind, "answer": "A"} | pictures


def gqa(draw, i):
    return {"question": phrase(draw), "answer": "a", "imageId": f"id{draw.randrange(9)}"}


def refcoco(draw, i):
    size = {"width": draw.randint(3, 90), "height": draw.randint(3, 90)}
    return {"answer": phrases(draw, 0, 3), "bbox": [draw.uniform(0, 3) for _ in range(4)], "image": Picture(f"r{i}.png", **size)}


def mmlu_pro(draw, i):
    return {"question": phrase(draw), "answer": "A", "category": draw.choice(["law", "math", None])}


def theirs(path: str, **names: Any) -> types.ModuleType:
    found = module(path)
    found.__dict__.update(names)
    return found


def mmbench_text(doc: dict, kwargs: dict) -> str:
    evaluator = theirs("mmbench/mmbench_evals.py", pd=pandas).MMBench_Evaluator
    made = object.__new__(evaluator)
    made.sys_prompt = "There are several options:"
    return theirs("mmbench/en_utils.py", pd=pandas, mmbench_evaluator=made).mmbench_doc_to_text(doc, {"post_prompt": "Answer with the option's letter."})


def mmmu_messages(doc: dict, kwargs: dict) -> list[Any]:
    found = theirs("mmmu/utils.py", ast=__import__("ast"), config={"metadata": {"interleaved_format": False}})
    prompts = {"multiple_choice_prompt": "Answer with the option's letter from the given choices directly.",
               "open_ended_prompt": "Answer the question using a single word or phrase.", "prompt_type": "format"}
    content = found.mmmu_doc_to_messages(doc, prompts)[0]["content"]
    return [part["url"].name if part["type"] == "image" else part["text"] for part in content if part.get("text") != ""]


TEXTS: dict[str, Callable[[dict, dict], Any]] = {
    "vizwiz": lambda d, k: module("vizwiz_vqa/utils.py").vizwiz_vqa_doc_to_text(d, k),
    "realworldqa": lambda d, k: module("realworldqa/utils.py").realworldqa_doc_to_text(d, k),
    "mmstar": lambda d, k: module("mmstar/utils.py").mmstar_doc_to_text(d, k),
    "ai2d": lambda d, k: module("ai2d/utils.py").ai2d_doc_to_text(
        d, {"pre_prompt": "Q: " if k else "", "post_prompt": "\nAnswer with the letter.", "prompt_format": "mcq" if k else "mcq_xcomposer"}),
    "ai2d_qa": lambda d, k: module("ai2d/utils.py").ai2d_doc_to_text(d, {"pre_prompt": "", "post_prompt": "\nAnswer.", "prompt_format": "qa"}),
    "seedbench": lambda d, k: module("seedbench/utils.py").seed_doc_to_text(d),
    "seedbench_ppl": lambda d, k: module("seedbench/utils.py").seed_doc_to_text_mc(d),
    "scienceqa": lambda d, k: module("scienceqa/utils.py").sqa_doc_to_text(
        d, {"format": "qwen_vl"} if k else {"format": "default", "pre_prompt": "", "post_prompt": "\nAnswer with the option's letter from the given choices directly."}),
    "muirbench": lambda d, k: module("muirbench/utils.py").muir_doc_to_text(d, k),
    "blink": lambda d, k: module("blink/utils.py").blink_doc_to_text(d, k),
    "cv_bench": lambda d, k: module("cv_bench/utils.py").cv_bench_doc_to_text(d, k),
    "mmbench": mmbench_text,
    "nextqa_mc": lambda d, k: theirs("nextqa/utils.py", OPTIONS="ABCDE").nextqa_doc_to_text_mc(d, k),
    "egoschema": lambda d, k: module("egoschema/utils.py").egoschema_doc_to_text(d, k),
    "videomme_long": lambda d, k: module("videomme/utils.py").videomme_doc_to_text(d, {}),
    "mvbench": lambda d, k: theirs("mvbench/utils.py", string=__import__("string")).mvbench_doc_to_text(d, {"post_prompt": "Best option:("}),
    "mmt": lambda d, k: module("mmt/utils.py").mmt_doc_to_text(d, k),
    "mathvision": lambda d, k: module("mathvision/utils.py").mathvision_doc_to_text(d, {"mc_prompt": "Answer with the letter."}),
    "gqa": lambda d, k: module("gqa/utils.py").gqa_doc_to_text(d, {"pre_prompt": "", "post_prompt": "\nAnswer the question using a single word or phrase."}),
}  # fmt: skip

MAKERS: dict[str, Callable[[random.Random, int], dict]] = {
    "vizwiz": base_doc, "realworldqa": realworldqa, "mmstar": mmstar, "ai2d": with_options, "ai2d_qa": with_options, "seedbench": seedbench,
    "seedbench_ppl": seedbench, "scienceqa": scienceqa, "muirbench": muirbench, "blink": blink, "cv_bench": cv_bench, "mmbench": mmbench,
    "nextqa_mc": nextqa, "egoschema": egoschema, "videomme_long": videomme, "mvbench": mvbench, "mmt": mmt, "mathvision": mathvision,
    "mmmu": mmmu, "gqa": gqa, "refcoco_bbox_rec": refcoco, "mmlu_pro": mmlu_pro,
}  # fmt: skip


def stored(value: Any) -> Any:
    if isinstance(value, Picture):
        return {"bytes": value.encoded(), "path": value.name}
    return [stored(item) for item in value] if isinstance(value, list) and value and isinstance(value[0], Picture) else value


def write(file: pathlib.Path, docs: list[dict]) -> None:
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist([{name: stored(value) for name, value in doc.items()} for doc in docs]), file)


def ask(name: str, model: str, docs: list[dict], folder: pathlib.Path) -> list[dict]:
    """What our task of that name asks of each of the docs, in the place of the model of that name."""
    write(folder / "docs.parquet", docs)
    config = {"task": name, "dataset_path": "parquet", "test_split": "test", "output_type": "generate_until", "metric_list": [{"metric": "exact_match"}]}
    config |= TASKS[name]
    if config["output_type"] != "generate_until":
        config["metric_list"] = [{"metric": "acc"}]
    kwargs = config.setdefault("dataset_kwargs", {})
    kwargs["data_files"] = kwargs.get("data_files", {}) | {"test": "docs.parquet"}
    (folder / "task.yaml").write_text(yaml.safe_dump(config))
    run = subprocess.run([DRIVER, model, str(folder / "task.yaml")], capture_output=True, text=True, env=os.environ | {"HF_HOME": str(folder / "hf")})
    assert run.returncode == 0, run.stderr
    return [json.loads(line) for line in run.stdout.splitlines()]


def make(name: str, count: int = DOCS) -> list[dict]:
    draw = random.Random(name)
    return [MAKERS[name](draw, i) for i in range(count)]


def text_of(record: dict) -> str:
    assert "error" not in record, record
    return "".join(part for part in record["requests"][0]["parts"] if isinstance(part, str))


def media_of(record: dict) -> list[str]:
    return [part["media"] for part in record["requests"][0]["parts"] if isinstance(part, dict)]


def kwargs_for(name: str, model: str) -> dict:
    all_kwargs = TASKS[name].get("lmms_eval_specific_kwargs", {})
    return all_kwargs.get(model, all_kwargs.get("default", {}))


@pytest.fixture
def files(tmp_path):
    """Videos and folders of frames that docs name, with endings of several kinds."""
    for base, endings in {"nextqa": ["mp4", "MP4"], "egoschema/videos": ["MP4", "mp4"], "videomme/data": ["mp4", "MP4", "mkv"]}.items():
        folder = tmp_path / "hf" / base
        folder.mkdir(parents=True)
        for n in range(7):
            (folder / f"v{n}.{endings[n % len(endings)]}").write_bytes(b"\x00\x00\x00\x18ftypmp42")
    for n in range(3):
        folder = tmp_path / "hf" / "frames" / f"clip{n}"
        folder.mkdir(parents=True)
        for frame in (10, 9, 2, 1):
            (folder / f"{frame}.jpg").write_bytes(b"\xff\xd8\xff")
    write(tmp_path / "pictures.parquet", [{"id": f"id{n}", "image": Picture(f"g{n}.png")} for n in range(9)])
    return tmp_path


@pytest.mark.parametrize("model", ["other", "fake"])
@pytest.mark.parametrize("name", TEXTS)
def test_texts(name, model, files):
    if name in ("ai2d", "scienceqa"):
        kwargs = {} if (model == "fake") == (name == "ai2d") else {"default": True}
    else:
        kwargs = kwargs_for(name, model)
    docs = make(name)
    records = ask(name, model, docs, files)
    if name == "videomme_long":
        docs = [doc for doc in docs if doc["duration"] == "long"]
    assert len(records) == len(docs)
    for doc, record in zip(docs, records):
        assert text_of(record) == TEXTS[name](doc, kwargs), doc


def test_parts_of_mmmu(files):
    docs = make("mmmu", 500)
    twice = 0
    for doc, record in zip(docs, ask("mmmu", "fake", docs, files)):
        parts = [part if isinstance(part, str) else part["media"] for part in record["requests"][0]["parts"]]
        assert parts == mmmu_messages(doc, {}), doc
        twice += doc["question_type"] == "multiple-choice" and "<image 7>" in doc["options"]
    assert twice > 50


COLUMN_PICTURES = {
    "vizwiz": ("vizwiz_vqa/utils.py", "vizwiz_vqa_doc_to_visual"),
    "realworldqa": ("realworldqa/utils.py", "realworldqa_doc_to_visual"),
    "seedbench": ("seedbench/utils.py", "seed_doc_to_visual"),
    "scienceqa": ("scienceqa/utils.py", "sqa_doc_to_visual"),
    "muirbench": ("muirbench/utils.py", "muir_doc_to_visual"),
    "blink": ("blink/utils.py", "blink_doc_to_visual"),
    "mathvision": ("mathvision/utils.py", "mathvision_doc_to_visual"),
    "mmmu": ("mmmu/utils.py", "mmmu_doc_to_visual"),
}


@pytest.mark.parametrize("name", COLUMN_PICTURES)
def test_pictures_of_columns(name, files):
    path, function = COLUMN_PICTURES[name]
    found = theirs(path, ast=__import__("ast"))
    docs = make(name)
    shown = 0
    for doc, record in zip(docs, ask(name, "other", docs, files)):
        pictures = [picture.name for picture in getattr(found, function)(doc)]
        assert media_of(record) == pictures
        shown += len(pictures)
    assert shown > 50


def test_pictures_of_another_split(files):
    docs = make("gqa")
    for doc, record in zip(docs, ask("gqa", "fake", docs, files)):
        assert media_of(record) == [doc["imageId"].replace("id", "g") + ".png"]


VIDEOS = {
    "nextqa_mc": ("nextqa", lambda found, d: found.get_video(found.cache_dir, d["video"]), "nextqa/utils.py"),
    "egoschema": ("egoschema/videos", lambda found, d: found.egoschema_doc_to_visual(d)[0], "egoschema/utils.py"),
    "videomme_long": ("videomme", lambda found, d: found.videomme_doc_to_visual(d)[0], "videomme/utils.py"),
}


@pytest.mark.parametrize("name", VIDEOS)
def test_videos(name, files):
    folder, function, path = VIDEOS[name]
    cache = str(files / "hf" / folder)
    found = theirs(path, cache_dir=cache, base_cache_dir=str(files / "hf"), cache_name="videomme", sys=__import__("sys"))
    if name == "nextqa_mc":
        found.get_video = lambda folder, video: next(p for p in (f"{folder}/{video}.mp4", f"{folder}/{video}.MP4") if os.path.exists(p))
    docs = make(name)
    records = ask(name, "other", docs, files)
    if name == "videomme_long":
        docs = [doc for doc in docs if doc["duration"] == "long"]
    for doc, record in zip(docs, records):
        assert media_of(record) == [function(found, doc)]
        assert [part["kind"] for part in record["requests"][0]["parts"] if isinstance(part, dict)] == ["video"]


def test_rows_of_hellaswag(files):
    spec = importlib.util.find_spec("lm_eval")
    path = pathlib.Path(spec.origin).parent / "tasks/hellaswag/utils.py"
    found = importlib.util.module_from_spec(importlib.util.spec_from_file_location("hellaswag", path))
    found.__spec__.loader.exec_module(found)
    draw = random.Random("hellaswag")
    marks = ["[header]", "[title]", "[step]", " [title]", "[substeps]", "[", "]", "  ", "   "]
    text = lambda: "".join(draw.choice([phrase(draw), draw.choice(marks)]) for _ in range(draw.randint(1, 6)))  # noqa: E731
    docs = [{"ctx_a": text(), "ctx_b": text(), "activity_label": text(), "endings": [text() for _ in range(4)], "label": str(draw.randrange(4))} for _ in range(DOCS)]
    rows = list(found.process_docs(datasets.Dataset.from_list(docs)))
    assert [record["doc"] for record in ask("hellaswag", "other", docs, files)] == rows


def region(draw, i):
    wide, high = draw.randint(3, 40), draw.randint(3, 40)
    x, y = draw.uniform(-5, wide), draw.uniform(-5, high)
    points = [draw.uniform(-6, 45) for _ in range(2 * draw.randint(2, 9))]
    doc = {"answer": "a", "question": "q", "image": Picture(f"d{i}.png", wide, high), "segmentation": points}
    return doc | {"bbox": [x, y, draw.uniform(0, 30), draw.uniform(0, 30)]}


def screen(draw, i):
    (left, right), (top, bottom) = (sorted(draw.uniform(0, 1) for _ in range(2)) for _ in range(2))
    return region(draw, i) | {"bbox": [left, top, right, bottom]}


DRAWINGS = {
    "refcoco_bbox": ("refcoco/utils.py", "refcoco_bbox_doc_to_visual", region),
    "refcoco_seg": ("refcoco/utils.py", "refcoco_seg_doc_to_visual", region),
    "screenspot": ("screenspot/utils.py", "screenspot_bbox_doc_to_visual", screen),
}


@pytest.mark.parametrize("name", DRAWINGS)
def test_drawings(name, files):
    path, function, maker = DRAWINGS[name]
    found = theirs(path, ImageDraw=ImageDraw)
    draw = random.Random(name)
    docs = [maker(draw, i) for i in range(400)]
    changed = 0
    for doc, record in zip(docs, ask(name, "other", docs, files)):
        plain = Image.open(io.BytesIO(doc["image"].encoded()))
        (theirs_drawn,) = getattr(found, function)(doc | {"image": plain})
        (ours,) = [part for part in record["requests"][0]["parts"] if isinstance(part, dict)]
        drawn = Image.open(io.BytesIO(bytes.fromhex(ours["bytes"])))
        assert drawn.tobytes() == theirs_drawn.tobytes(), doc
        changed += drawn.tobytes() != plain.tobytes()
    assert changed > 200


def test_frames_are_in_order_of_time(files):
    docs = make("mvbench", 9)
    for doc, record in zip(docs, ask("mvbench", "other", docs, files)):
        assert media_of(record) == [str(files / "hf" / "frames" / doc["video"] / f"{n}.jpg") for n in (1, 2, 9, 10)]


def test_targets_and_choices(files):
    docs = make("ai2d")
    found = module("ai2d/utils.py")
    for name, kind in (("ai2d", "mcq"), ("ai2d_qa", "qa")):
        assert [r["target"] for r in ask(name, "other", docs, files)] == [found.ai2d_doc_to_target(doc, kind) for doc in docs]
    docs = make("seedbench_ppl")
    for doc, record in zip(docs, ask("seedbench_ppl", "other", docs, files)):
        assert record["target"] == "ABCD".index(doc["answer"])
        assert [r["continuation"].removeprefix(" ") for r in record["requests"]] == [c.removeprefix(" ") for c in module("seedbench/utils.py").seed_doc_to_choice(doc)]
    docs = make("scienceqa")
    assert [r["target"] for r in ask("scienceqa", "other", docs, files)] == [module("scienceqa/utils.py").sqa_doc_to_target(doc) for doc in docs]


def test_rows_of_refcoco(files):
    docs = make("refcoco_bbox_rec")
    rows = []
    for doc in docs:
        x, y, w, h = doc["bbox"]
        width, height = doc["image"].width, doc["image"].height
        box = [x / width, y / height, (x + w) / width, (y + h) / height]
        rows += [(answer, box, width, height, doc["image"].name) for answer in doc["answer"]]
    records = ask("refcoco_bbox_rec", "other", docs, files)
    got = [(r["doc"]["answer"], r["doc"]["bbox"], r["doc"]["image_width"], r["doc"]["image_height"], media_of(r)[0]) for r in records]
    assert got == rows
    assert len(rows) > DOCS


def test_rows_of_mmlu_pro(files):
    docs = make("mmlu_pro")
    assert [r["doc"] for r in ask("mmlu_pro", "other", docs, files)] == [doc for doc in docs if doc["category"] == "law"]
