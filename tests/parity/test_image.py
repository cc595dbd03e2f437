"""Decoding, resizing and LLaVA-OneVision's image processing must give the bytes of Pillow and transformers (PIL backend)."""

import io
import json
import os
import subprocess
import warnings
from pathlib import Path

import image_cases
import numpy as np
import pytest
from PIL import Image
from transformers import AutoImageProcessor
from transformers.models.llava_onevision import image_processing_pil_llava_onevision as oracle

ROOT = Path(__file__).resolve().parents[2]
FILTERS = {"nearest": 0, "lanczos": 1, "bilinear": 2, "bicubic": 3, "box": 4, "hamming": 5}
DECODABLE = image_cases.decodable()
UNDECODABLE = image_cases.undecodable()
warnings.filterwarnings("ignore")


class Driver:
    def __init__(self, folder):
        self.folder = folder
        self.process = subprocess.Popen([os.environ["LMMS_EVAL_IMAGE_DRIVER"]], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, **question):
        self.process.stdin.write(json.dumps(question) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def raw(self, pixels):
        """Hands an array [height, width(, channels)] over."""
        (self.folder / "in.raw").write_bytes(np.ascontiguousarray(pixels).tobytes())
        height, width = pixels.shape[:2]
        return {"raw": str(self.folder / "in.raw"), "width": width, "height": height, "channels": pixels.shape[2] if pixels.ndim == 3 else 1}

    def file(self, name, data):
        (self.folder / name).write_bytes(data)
        return str(self.folder / name)

    def out(self, dtype=np.uint8, name="out.raw"):
        return np.fromfile(self.folder / name, dtype)

    def path(self, name):
        return str(self.folder / name)


@pytest.fixture(scope="module")
def driver(tmp_path_factory):
    driver = Driver(tmp_path_factory.mktemp("image"))
    yield driver
    driver.process.stdin.close()
    assert driver.process.wait(timeout=60) == 0


# --- decoding ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", DECODABLE)
def test_decodes_to_the_bytes_of_pillow(driver, name):
    wanted = np.array(Image.open(io.BytesIO(DECODABLE[name])).convert("RGB"))
    file = driver.file("picture", DECODABLE[name])
    answer = driver.ask(op="decode", **{"in": file}, out=driver.path("out.raw"))
    assert answer == {"width": wanted.shape[1], "height": wanted.shape[0], "channels": 3}
    np.testing.assert_array_equal(driver.out().reshape(wanted.shape), wanted)
    assert driver.ask(op="probe", **{"in": file}) == {"width": wanted.shape[1], "height": wanted.shape[0], "bytes": 0}


@pytest.mark.parametrize("name", UNDECODABLE)
def test_refuses_what_pillow_refuses(driver, name):
    data, reason = UNDECODABLE[name]
    with pytest.raises((OSError, SyntaxError, ValueError, Image.DecompressionBombError)):
        Image.open(io.BytesIO(data)).convert("RGB")
    answer = driver.ask(op="decode", **{"in": driver.file(name, data)}, out=driver.path("out.raw"))
    assert answer["kind"] == "data"
    assert driver.path(name) in answer["error"] and reason in answer["error"] and "\n" not in answer["error"]


@pytest.mark.parametrize("format", ["gif", "bmp", "tiff"])
def test_names_a_format_it_cannot_decode(driver, format):
    data = image_cases.saved(Image.new("RGB", (4, 4)), format)
    for operation in ("decode", "probe"):
        answer = driver.ask(op=operation, **{"in": driver.file("other", data)}, out=driver.path("out.raw"))
        assert answer["kind"] == "data" and f"{format.upper()} pictures cannot be decoded" in answer["error"]


def test_the_limit_against_bombs_is_that_of_pillow(driver):
    limit = 2 * Image.MAX_IMAGE_PIXELS
    for width, height, allowed in ((1, limit, True), (limit // 2, 2, True), (1, limit + 1, False), (limit // 2 + 1, 2, False)):
        header = image_cases.struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
        data = image_cases.PNG_SIGNATURE + image_cases.chunk(b"IHDR", header) + image_cases.chunk(b"IDAT", b"")
        try:
            Image.open(io.BytesIO(data))
            opened = True
        except Image.DecompressionBombError:
            opened = False
        answer = driver.ask(op="probe", **{"in": driver.file("large", data)})
        assert opened == allowed == ("error" not in answer), answer


# --- encoding ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_encoded_png_reads_back_unchanged(driver, channels):
    pixels = np.random.default_rng(channels).integers(0, 256, (37, 53, channels)).astype(np.uint8)
    driver.ask(op="encode", image=driver.raw(pixels), format="png", quality=0, out=driver.path("out.png"))
    image = Image.open(driver.path("out.png"))
    assert image.mode == {1: "L", 3: "RGB", 4: "RGBA"}[channels]
    np.testing.assert_array_equal(np.array(image).reshape(pixels.shape), pixels)


@pytest.mark.parametrize("format,quality,least", [("jpeg", 95, 33), ("jpeg", 50, 27), ("webp", 95, 30), ("webp", 50, 25)])
def test_encoded_lossy_pictures_are_close(driver, format, quality, least):
    pixels = np.array(Image.fromarray(image_cases.photo(np.random.default_rng(3), 32, 32)).resize((128, 128)))
    driver.ask(op="encode", image=driver.raw(pixels), format=format, quality=quality, out=driver.path("out.lossy"))
    image = Image.open(driver.path("out.lossy"))
    assert image.format.lower() == format and image.size == (128, 128)
    error = np.mean((np.array(image).astype(float) - pixels) ** 2)
    assert 10 * np.log10(255**2 / error) > least


# --- resizing ---------------------------------------------------------------------------------------------------------

SIZES = [
    ((1, 1), (1, 1)), ((1, 1), (7, 5)), ((2, 2), (3, 3)), ((5, 7), (1, 1)), ((64, 48), (32, 24)), ((64, 48), (64, 20)), ((64, 48), (31, 48)),
    ((33, 57), (384, 384)), ((101, 67), (100, 66)), ((101, 67), (102, 68)), ((1000, 3), (17, 17)), ((3, 1000), (17, 17)), ((2000, 1), (1, 50)),
    ((1, 2000), (50, 1)), ((300, 200), (7, 190)), ((97, 89), (13, 11)), ((40, 30), (391, 7)), ((16, 16), (48, 48)), ((250, 250), (83, 251)),
    # On both sides of the border where Pillow 13 begins with the height instead of the width.
    ((20, 30), (10, 10)), ((20, 31), (10, 10)), ((100, 150), (50, 50)), ((100, 151), (50, 50)), ((30, 20), (40, 20)), ((30, 21), (40, 20)),
    ((50, 390), (5, 300)), ((50, 391), (5, 300)), ((30, 19), (100, 20)), ((400, 600), (384, 384)), ((600, 900), (384, 384)),
]  # fmt: skip
MODES = {1: "L", 3: "RGB", 4: "RGBA"}


@pytest.mark.parametrize("filter", FILTERS)
@pytest.mark.parametrize("channels", MODES)
def test_resizes_to_the_bytes_of_pillow(driver, filter, channels):
    rng = np.random.default_rng(channels)
    for kind in ("noise", "extremes"):
        for (width, height), to in SIZES:
            pixels = rng.integers(0, 256, (height, width, channels)) if kind == "noise" else 255 * rng.integers(0, 2, (height, width, channels))
            pixels = pixels.astype(np.uint8)
            image = Image.fromarray(pixels[..., 0] if channels == 1 else pixels, MODES[channels])
            wanted = np.array(image.resize(to, FILTERS[filter])).reshape(to[1], to[0], channels)
            assert driver.ask(op="resize", image=driver.raw(pixels), to=to, filter=filter, out=driver.path("out.raw")) == {}
            np.testing.assert_array_equal(driver.out().reshape(wanted.shape), wanted, err_msg=f"{width}x{height} -> {to}, {kind}")


def test_nearest_adds_steps_up_as_pillow_does(driver):
    rng = np.random.default_rng(0)
    for _ in range(300):
        width, to = (int(n) for n in rng.integers(1, 3000, 2))
        pixels = rng.integers(0, 256, (1, width, 1)).astype(np.uint8)
        wanted = np.array(Image.fromarray(pixels[..., 0]).resize((to, 2), 0)).reshape(2, to, 1)
        driver.ask(op="resize", image=driver.raw(pixels), to=(to, 2), filter="nearest", out=driver.path("out.raw"))
        np.testing.assert_array_equal(driver.out().reshape(wanted.shape), wanted, err_msg=f"{width} -> {to}")


# --- LLaVA-OneVision's image processor --------------------------------------------------------------------------------

GRID = [[384 * h, 384 * w] for h in range(1, 7) for w in range(1, 7)]
SIGLIP = {"image_mean": [0.5, 0.5, 0.5], "image_std": [0.5, 0.5, 0.5], "image_processor_type": "LlavaOnevisionImageProcessor"}
SMALL_GRID = [[28, 28], [28, 56], [56, 28], [56, 56], [28, 84], [84, 28]]
SMALL = {**SIGLIP, "size": {"height": 28, "width": 28}, "image_grid_pinpoints": SMALL_GRID}
CONFIGS = {
    "onevision_384": {**SIGLIP, "size": {"height": 384, "width": 384}, "image_grid_pinpoints": GRID, "resample": 3, "rescale_factor": 0.00392156862745098},
    "defaults": {"image_processor_type": "LlavaOnevisionImageProcessor"},
    "small": SMALL,
    "small_clip_statistics": {k: v for k, v in SMALL.items() if k not in ("image_mean", "image_std")},
    "small_bilinear": {**SMALL, "resample": 2},
    "small_lanczos": {**SMALL, "resample": 1},
    "small_nearest": {**SMALL, "resample": 0},
    # For a square picture the two are equally good: the first wins.
    "ties": {**SMALL, "image_grid_pinpoints": [[56, 28], [28, 56]]},
    "ties_reversed": {**SMALL, "image_grid_pinpoints": [[28, 56], [56, 28]]},
    "shortest_edge": {**SMALL, "size": {"shortest_edge": 28}},
    "integer_size": {**SMALL, "size": 28},
    "wide_tiles": {**SMALL, "size": {"height": 28, "width": 40}, "image_grid_pinpoints": [[28, 28], [56, 84], [84, 56]]},
    "uneven_pinpoints": {**SMALL, "image_grid_pinpoints": [[28, 28], [50, 70]]},
    "no_rescale": {**SMALL, "do_rescale": False},
    "no_normalize": {**SMALL, "do_normalize": False},
    "no_resize": {**SMALL, "do_resize": False},
    "other_factor": {**SMALL, "rescale_factor": 1 / 127.5, "image_mean": [1.0, 0.9, 0.1], "image_std": [0.3, 0.7, 1.3]},
    "null_extras": {**SMALL, "do_pad": None, "crop_size": None, "pad_size": None, "do_center_crop": None},
    # Null turns a step off: it does not stand for the default.
    "null_normalize": {**SMALL, "do_normalize": None},
    "null_rescale": {**SMALL, "do_rescale": None},
    "null_resize": {**SMALL, "do_resize": None},
}
BUNDLED = ROOT / "tests/models/tiny-llava-onevision/preprocessor_config.json"
if BUNDLED.exists():
    CONFIGS["bundled"] = json.loads(BUNDLED.read_text())
LARGE = {"onevision_384", "defaults"}

# (width, height). The base tile exactly, all pinpoints exactly, tiny, thin, tall, wide; sizes whose fitted side needs ceil
# (not floor, not round); odd paddings; sizes for which two pinpoints are equally good.
SMALL_SIZES = [
    (28, 28), (56, 28), (28, 56), (56, 56), (84, 28), (1, 1), (2, 3), (1, 40), (40, 1), (200, 1), (1, 200), (100, 100), (300, 299), (299, 300),
    (57, 29), (61, 44), (44, 61), (31, 97), (97, 31), (13, 11), (10, 30), (30, 10), (150, 151), (83, 28), (27, 83), (64, 33), (33, 64), (41, 41),
]  # fmt: skip
LARGE_SIZES = [(384, 384), (768, 384), (640, 480), (480, 640), (200, 900), (1100, 150), (37, 23), (1, 300), (1000, 1000), (385, 384)]


def picture_of(size):
    rng = np.random.default_rng(size[0] * 10007 + size[1])
    return image_cases.photo(rng, size[1], size[0])


def folder_of(tmp_path, name):
    folder = tmp_path / name
    folder.mkdir()
    (folder / "preprocessor_config.json").write_text(json.dumps(CONFIGS[name]))
    return folder


def transformers_pixels(processor, pixels, multi, **options):
    image = Image.fromarray(pixels)
    images = [[image, Image.new("RGB", (5, 5))]] if multi else image
    return np.asarray(processor(images, return_tensors=None, **options)["pixel_values"][0])


def process(driver, folder, pixels, multi):
    answer = driver.ask(op="process", folder=str(folder), image=driver.raw(pixels), multi=multi, tiles=driver.path("tiles"), pixels=driver.path("pixels"))
    assert "error" not in answer, answer
    shape = (answer["count"], *answer["tile"])
    tiles = driver.out(name="tiles").reshape(*shape, 3).transpose(0, 3, 1, 2)
    return answer, tiles, driver.out(np.float32, "pixels").reshape(answer["count"], 3, *answer["tile"])


@pytest.mark.parametrize("multi", [False, True], ids=["single", "multi"])
@pytest.mark.parametrize("name", CONFIGS)
def test_processes_as_transformers(driver, tmp_path, name, multi):
    folder = folder_of(tmp_path, name)
    processor = AutoImageProcessor.from_pretrained(folder, backend="pil")
    assert type(processor).__name__ == "LlavaOnevisionImageProcessorPil"
    for size in LARGE_SIZES if name in LARGE else SMALL_SIZES:
        pixels = picture_of(size)
        answer, tiles, floats = process(driver, folder, pixels, multi)
        wanted = transformers_pixels(processor, pixels, multi, do_rescale=False, do_normalize=False)
        assert wanted.dtype == np.uint8, "the oracle must be asked for its 8-bit stage"
        np.testing.assert_array_equal(tiles, wanted, err_msg=f"{size}")
        wanted = transformers_pixels(processor, pixels, multi).astype(np.float32)
        assert np.abs(floats - wanted).max() <= 1e-6, size
        assert answer["original"] == [size[1], size[0]]
        assert answer["duplicate"] == (len(tiles) == 2 and np.array_equal(tiles[0], tiles[1])), size


def test_reads_the_nested_form_of_processor_config_first(driver, tmp_path):
    folder = folder_of(tmp_path, "small")
    (folder / "processor_config.json").write_text(json.dumps({"processor_class": "LlavaOnevisionProcessor", "image_processor": CONFIGS["ties"]}))
    processor = AutoImageProcessor.from_pretrained(folder, backend="pil")
    for size in SMALL_SIZES:
        pixels = picture_of(size)
        _, tiles, _ = process(driver, folder, pixels, False)
        np.testing.assert_array_equal(tiles, transformers_pixels(processor, pixels, False, do_rescale=False, do_normalize=False))


def test_selects_the_resolution_of_transformers(driver):
    rng = np.random.default_rng(11)
    grids = [GRID, list(reversed(GRID)), SMALL_GRID, CONFIGS["ties"]["image_grid_pinpoints"]]
    for i in range(3000):
        original = [int(n) for n in rng.integers(1, 1 + 10 ** int(rng.integers(1, 5)), 2)]
        candidates = grids[i % len(grids)]
        assert driver.ask(op="select", original=original, candidates=candidates)["best"] == list(oracle.select_best_resolution(original, candidates)), original


@pytest.mark.parametrize(
    "change,word",
    [
        ({"do_center_crop": True, "crop_size": {"height": 3, "width": 3}}, "do_center_crop"), ({"crop_size": {"height": 3, "width": 3}}, "crop_size"),
        ({"size": {"longest_edge": 28}}, "size"), ({"size": {"height": 28}}, "size"), ({"size": {"height": 0, "width": 28}}, "size"), ({"resample": 6}, "resample"),
        ({"image_grid_pinpoints": "(1x1),(2x2)"}, "image_grid_pinpoints"), ({"image_grid_pinpoints": []}, "image_grid_pinpoints"),
        ({"image_grid_pinpoints": [[28]]}, "image_grid_pinpoints"), ({"image_mean": [0.5]}, "image_mean"), ({"do_resize": "yes"}, "do_resize"),
        ({"rescale_factor": None}, "rescale_factor"), ({"image_std": None}, "image_std"), ({"resample": None}, "resample"), ({"size": None}, "size"),
        ({"aspect_ratio_setting": "anyres"}, "aspect_ratio_setting"), ({"image_processor_type": "CLIPImageProcessor"}, "image_processor_type"),
    ],
)  # fmt: skip
def test_names_the_key_it_cannot_use(driver, tmp_path, change, word):
    (tmp_path / "preprocessor_config.json").write_text(json.dumps({**SMALL, **change}))
    answer = driver.ask(op="process", folder=str(tmp_path), image=driver.raw(picture_of((5, 5))), multi=False, tiles=driver.path("tiles"), pixels=driver.path("pixels"))
    assert answer["kind"] == "model" and f"'{word}'" in answer["error"] and "preprocessor_config.json" in answer["error"]


# --- the cases above tell right from wrong rules ----------------------------------------------------------------------


def fitted(rounding, choose=lambda w, h: w < h):
    def get_patch_output_size(image, target, input_data_format):
        height, width = image.shape[-2:]
        scale_w, scale_h = target[1] / width, target[0] / height
        if choose(scale_w, scale_h):
            return max(1, min(rounding(height * scale_w), target[0])), target[1]
        return target[0], max(1, min(rounding(width * scale_h), target[1]))

    return get_patch_output_size


def last_wins(original, candidates):
    return oracle_select(original, list(reversed(candidates)))


def columns_first(image, patch_size):
    height, width = image.shape[-2:]
    return [image[..., y : y + patch_size, x : x + patch_size] for x in range(0, width, patch_size) for y in range(0, height, patch_size)]


oracle_select = oracle.select_best_resolution
Processor = oracle.LlavaOnevisionImageProcessorPil
oracle_patches, oracle_pad, oracle_square = Processor.get_image_patches, Processor._pad_for_patching, Processor.pad_to_square


def moved_padding(self, image, target):
    padded = oracle_pad(self, image, target)
    new = image.shape[-2:]
    return np.roll(padded, (-((target[0] - new[0]) // 2), -((target[1] - new[1]) // 2)), (1, 2))


def grey_padding(self, image, target):
    """What padding with 0 after the normalisation amounts to for a mean of one half."""
    marked = oracle_pad(self, np.ones_like(image), target)
    return np.where(marked == 1, oracle_pad(self, image, target), 127).astype(np.uint8)


BROKEN = {
    "floor_in_fit": (oracle, "get_patch_output_size", fitted(int)),
    "round_in_fit": (oracle, "get_patch_output_size", fitted(round)),
    "last_pinpoint_wins": (oracle, "select_best_resolution", last_wins),
    "columns_before_rows": (oracle, "divide_to_patches", columns_first),
    "base_tile_last": (Processor, "get_image_patches", lambda self, *args, **options: (lambda p: p[1:] + p[:1])(oracle_patches(self, *args, **options))),
    "padding_right_and_below": (Processor, "_pad_for_patching", moved_padding),
    "padding_after_normalisation": (Processor, "_pad_for_patching", grey_padding),
    "black_square_for_several": (Processor, "pad_to_square", lambda self, image, background_color: oracle_square(self, image, (0, 0, 0))),
    "no_square_for_several": (Processor, "pad_to_square", lambda self, image, background_color: image),
}


@pytest.mark.parametrize("rule", BROKEN)
def test_a_broken_rule_would_be_noticed(driver, tmp_path, monkeypatch, rule):
    monkeypatch.setattr(*BROKEN[rule])
    noticed = 0
    for name in ("small", "ties"):
        folder = folder_of(tmp_path, name)
        processor = AutoImageProcessor.from_pretrained(folder, backend="pil")
        for size in SMALL_SIZES:
            pixels, multi = picture_of(size), "several" in rule
            broken = transformers_pixels(processor, pixels, multi, do_rescale=False, do_normalize=False)
            _, tiles, _ = process(driver, folder, pixels, multi)
            noticed += tiles.shape != broken.shape or not np.array_equal(tiles, broken)
    assert noticed > 0
