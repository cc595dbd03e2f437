#!/usr/bin/env python3
"""Trains tests/models/tiny-llava-onevision, the vision-language model that the tests and the first evaluation use.

    .parity/bin/python tools/train_tiny_model.py [--out FOLDER] [--steps N] [--evaluate-only]

A LLaVA-OneVision of under a million parameters (SigLIP tower, two-layer projector, Qwen2 text model; the sizes are
below) that reads one handwritten digit. It learns from the train split of tasks/digits alone: nine tenths of it are
trained on, the other tenth picks the checkpoint. The test split is read only at the end, for training.log's figures.

Fixed seed, CPU, f32. The result depends a little on the machine's floating-point kernels, so it is checked in.
"""

import argparse
import io
import json
import math
import sys
import time
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import torch
import torch.nn.functional as F
import transformers
from PIL import Image
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers
from transformers import (
    AutoImageProcessor,
    AutoProcessor,
    GenerationConfig,
    LlavaOnevisionConfig,
    LlavaOnevisionForConditionalGeneration,
    LlavaOnevisionImageProcessor,
    LlavaOnevisionProcessor,
    LlavaOnevisionVideoProcessor,
    Qwen2Config,
    Qwen2Tokenizer,
    SiglipVisionConfig,
)

ROOT = Path(__file__).resolve().parent.parent
QUESTION = "What digit is this? Answer with one digit."  # the text of tasks/digits/_digits_common

SEED = 20240
BATCH = 64  # images a step
FIRST_PART = 0.4  # share of the steps that see the whole-image tile alone
TILE = 64  # pixels a side of one tile: a 64x64 digit is one tile, and the whole-image tile is the same picture
PATCH = 16  # 2x2 of the digit's samples
GRID = TILE // PATCH  # patches a side of one tile
PINPOINTS = [[TILE * a, TILE * b] for a in range(1, 7) for b in range(1, 7)]
VOCABULARY = 640  # at most, added tokens included

ADDED_TOKENS = ["<|endoftext|>", "<|im_start|>", "<|im_end|>", "<image>", "<video>"]

# How Qwen2's tokenizer cuts text before byte-pair merges.
SPLIT = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*"
    r"|\s*[\r\n]+|\s+(?!\S)|\s+"
)

# The layout of the LLaVA-OneVision family: no system turn unless one is given, images before videos before text.
CHAT_TEMPLATE = """\
{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\\n' }}\
{% if message['content'] is string %}{{ message['content'] }}{% else %}\
{% for part in message['content'] | selectattr('type', 'equalto', 'image') %}{{ '<image>\\n' }}{% endfor %}\
{% for part in message['content'] | selectattr('type', 'equalto', 'video') %}{{ '<video>\\n' }}{% endfor %}\
{% for part in message['content'] | selectattr('type', 'equalto', 'text') %}\
{% if message['role'] == 'assistant' %}{% generation %}{{ part['text'] }}{% endgeneration %}\
{% else %}{{ part['text'] }}{% endif %}\
{% endfor %}{% endif %}{{ '<|im_end|>\\n' }}{% endfor %}\
{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}"""

# What the tokenizer's merges are learnt from, beside sentences made of the word lists.
SENTENCES = [
    QUESTION,
    "Which digit do you see in the picture?",
    "Read the number in the image.",
    "Look at the image and name the digit that is written there.",
    "You are a helpful assistant.",
    "Answer the question with a single word or phrase.",
    "Answer with the option's letter from the given choices directly.",
    "Please look at this image, and then describe what it shows in one short sentence.",
    "It's written by hand, so it isn't always easy to read; they're small pictures and we've many of them.",
    "Is there a cat in the image? Yes, there is. No, there isn't.",
    "The quick brown fox jumps over the lazy dog.",
    "user\n",
    "assistant\n",
    "system\n",
]
SUBJECTS = ["the picture", "this image", "the question", "a person", "the assistant", "the number", "every digit"]
VERBS = ["shows", "is not", "can be read as", "was written before", "stands beside", "has the form of", "looks like"]
OBJECTS = ["a small digit", "the answer", "another number", "one line of text", "the right choice", "zero", "some words"]

OTHER_QUESTIONS = SENTENCES[1:4]
SYSTEM_TEXT = SENTENCES[4]


def make_tokenizer() -> Qwen2Tokenizer:
    text = list(SENTENCES)
    text += [f"{s.capitalize()} {v} {o}. {digit} and {s} {v} {digit}{digit}, then {o}!\n"
             for digit, s in enumerate(SUBJECTS) for v in VERBS for o in OBJECTS]  # fmt: skip
    tokenizer = Tokenizer(models.BPE())
    tokenizer.normalizer = normalizers.NFC()
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Split(Regex(SPLIT), "isolated"), pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY - len(ADDED_TOKENS),
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    tokenizer.train_from_iterator(text, trainer)
    tokenizer.add_special_tokens([AddedToken(token, normalized=False, special=True) for token in ADDED_TOKENS])
    return Qwen2Tokenizer(
        tokenizer_object=tokenizer,
        vocab=json.loads(tokenizer.to_str())["model"]["vocab"],
        merges=[tuple(pair) for pair in json.loads(tokenizer.to_str())["model"]["merges"]],
        eos_token="<|im_end|>",
        pad_token="<|endoftext|>",
        unk_token=None,
        extra_special_tokens={"image_token": "<image>", "video_token": "<video>"},
        additional_special_tokens=["<|im_start|>", "<|im_end|>"],
        model_max_length=4096,
        clean_up_tokenization_spaces=False,
    )


def make_processor(tokenizer: Qwen2Tokenizer) -> LlavaOnevisionProcessor:
    sizes = {"size": {"height": TILE, "width": TILE}, "image_mean": [0.5] * 3, "image_std": [0.5] * 3}
    return LlavaOnevisionProcessor(
        image_processor=LlavaOnevisionImageProcessor(image_grid_pinpoints=PINPOINTS, **sizes),
        tokenizer=tokenizer,
        video_processor=LlavaOnevisionVideoProcessor(**sizes),
        num_image_tokens=GRID * GRID,
        vision_feature_select_strategy="full",
        chat_template=CHAT_TEMPLATE,
        vision_aspect_ratio="anyres_max_9",
    )


def make_model(tokenizer: Qwen2Tokenizer) -> LlavaOnevisionForConditionalGeneration:
    config = LlavaOnevisionConfig(
        vision_config=SiglipVisionConfig(
            hidden_size=64,
            intermediate_size=192,
            num_hidden_layers=3,
            num_attention_heads=4,
            image_size=TILE,
            patch_size=PATCH,
            vision_use_head=False,
        ),
        text_config=Qwen2Config(
            vocab_size=64 * math.ceil(len(tokenizer) / 64),
            hidden_size=96,
            intermediate_size=192,
            num_hidden_layers=3,
            num_attention_heads=4,
            num_key_value_heads=2,
            max_position_embeddings=4096,
            initializer_range=0.06,  # wider than the default of large models: so narrow a one learns slowly from 0.02
            bos_token_id=tokenizer.convert_tokens_to_ids("<|endoftext|>"),
            eos_token_id=tokenizer.convert_tokens_to_ids("<|im_end|>"),
            tie_word_embeddings=True,
        ),
        image_token_index=tokenizer.convert_tokens_to_ids("<image>"),
        video_token_index=tokenizer.convert_tokens_to_ids("<video>"),
        image_grid_pinpoints=PINPOINTS,
        tie_word_embeddings=True,
    )
    model = LlavaOnevisionForConditionalGeneration(config)
    end, text_end = (tokenizer.convert_tokens_to_ids(token) for token in ("<|im_end|>", "<|endoftext|>"))
    model.generation_config = GenerationConfig(
        do_sample=False, bos_token_id=text_end, eos_token_id=[end, text_end], pad_token_id=text_end
    )
    return model


# ---------------------------------------------------------------------------------------------------------------------
# Data


def read_split(split: str) -> tuple[list[Image.Image], list[int]]:
    rows = pq.read_table(ROOT / "tasks" / "digits" / "data" / f"{split}.parquet").to_pylist()
    return [Image.open(io.BytesIO(row["image"]["bytes"])) for row in rows], [row["label"] for row in rows]


def to_samples(images: list[Image.Image]) -> torch.Tensor:
    """[n, 1, 8, 8] grey values 0..255: one for each 8x8 block of a 64x64 image."""
    return torch.from_numpy(np.stack([np.asarray(image)[::8, ::8] for image in images])).float()[:, None]


def distort(samples: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    """Randomly turned (up to 11 degrees), scaled (10 %), slanted, moved (0.7 of a sample) and dimmed copies."""
    n = len(samples)

    def uniform(limit: float) -> torch.Tensor:
        return (torch.rand(n, generator=generator) * 2 - 1) * limit

    angle, slant = uniform(0.19), uniform(0.15)
    scale_x, scale_y = 1 + uniform(0.1), 1 + uniform(0.1)
    matrix = torch.stack(
        [
            torch.stack([scale_x * torch.cos(angle), scale_x * (slant - torch.sin(angle)), uniform(0.7 / 4)], -1),
            torch.stack([scale_y * torch.sin(angle), scale_y * torch.cos(angle), uniform(0.7 / 4)], -1),
        ],
        1,
    )
    grid = F.affine_grid(matrix, list(samples.shape), align_corners=False)
    moved = F.grid_sample(samples, grid, align_corners=False) * (1 + uniform(0.15))[:, None, None, None]
    moved = (moved + torch.randn(samples.shape, generator=generator) * 5).clamp(0, 255).round()
    untouched = torch.rand(n, generator=generator) < 0.2
    return torch.where(untouched[:, None, None, None], samples, moved)


def to_tiles(samples: torch.Tensor) -> torch.Tensor:
    """What the image processor makes of the digits: [n, 1, 3, TILE, TILE], the whole-image tile, which is also the only
    other one."""
    whole = samples.repeat_interleave(8, -1).repeat_interleave(8, -2) / 127.5 - 1
    return whole[:, :, None].expand(-1, -1, 3, -1, -1)


# ---------------------------------------------------------------------------------------------------------------------
# The model on a batch of equal layouts, without per-image loops; checked against its own forward before training


def image_features(model, tiles: torch.Tensor, tiled: bool) -> torch.Tensor:
    """[n, tokens, hidden]. tiled: the whole-image tile, then the rows of the same tile, each ended by the newline; else
    the tile and one newline, as the family does for an image that is one of several."""
    inner = model.model
    n = len(tiles)
    hidden = inner.vision_tower(tiles.flatten(0, 1), output_hidden_states=True).hidden_states[-1]
    base = inner.multi_modal_projector(hidden)
    if not tiled:
        return torch.cat([base, inner.image_newline.expand(n, 1, -1)], 1)
    rows = torch.cat([base.unflatten(1, (GRID, GRID)), inner.image_newline.expand(n, GRID, 1, -1)], 2)
    return torch.cat([base, rows.flatten(1, 2)], 1)


class Layout:
    """A conversation with some images whose answers are digits: token ids and where its answers stand."""

    def __init__(self, tokenizer, messages, images: int, tiled: bool | None = None):
        self.images = images
        self.tiled = images == 1 if tiled is None else tiled
        tokens_per_image = GRID * GRID + (GRID * (GRID + 1) if self.tiled else 1)
        text = tokenizer.apply_chat_template(messages, chat_template=CHAT_TEMPLATE, tokenize=False)
        ids = tokenizer(text.replace("<image>", "<image>" * tokens_per_image))["input_ids"]
        image, placeholder, end = tokenizer.convert_tokens_to_ids(["<image>", "7", "<|im_end|>"])
        # The last token, the newline after the final turn, is never predicted.
        self.ids = torch.tensor(ids[:-1])
        self.is_image = self.ids == image
        self.answers = [i for i, token in enumerate(ids) if token == placeholder]
        self.asked = [i for i in self.answers if ids[i + 1] == end and tokenizer.decode(ids[i - 1]) == "\n"]


def turn(role: str, text: str, images: int = 0) -> dict:
    return {"role": role, "content": [{"type": "image"}] * images + [{"type": "text", "text": text}]}


def make_layouts(tokenizer) -> tuple[list[tuple[float, Layout]], list[tuple[float, Layout]]]:
    """Layouts with how often each is trained, for the first and the second part. The text 7 stands for the answers."""
    asked = [turn("user", QUESTION, 1), turn("assistant", "7")]
    whole_tile_only = [(1.0, Layout(tokenizer, asked, 1, tiled=False))]
    layouts = [(0.85, Layout(tokenizer, asked, 1))]
    layouts += [(0.09, Layout(tokenizer, [turn("system", SYSTEM_TEXT), *asked], 1))]
    layouts += [(0.02, Layout(tokenizer, [turn("user", text, 1), asked[1]], 1)) for text in OTHER_QUESTIONS]
    return whole_tile_only, layouts


def answer_logits(model, layout: Layout, tiles: torch.Tensor, digits: torch.Tensor, digit_ids: torch.Tensor):
    """tiles: [n, images, 1, 3, TILE, TILE], digits: [n, images] → logits before each token of the asked answers, and
    those tokens: the digit, then the end of the turn."""
    n = len(digits)
    ids = layout.ids.repeat(n, 1)
    for column, position in enumerate(layout.answers):
        ids[:, position] = digit_ids[digits[:, column]]
    embeddings = model.get_input_embeddings()(ids)
    features = image_features(model, tiles.flatten(0, 1), tiled=layout.tiled)
    embeddings = embeddings.masked_scatter(layout.is_image[:, None], features)
    hidden = model.model.language_model(inputs_embeds=embeddings, use_cache=False).last_hidden_state
    before = [p for position in layout.asked for p in (position - 1, position)]
    return model.lm_head(hidden[:, before]), ids[:, [p + 1 for p in before]]


# ---------------------------------------------------------------------------------------------------------------------
# Training and figures


def check_fast_forward(model, processor, image: Image.Image, digit_ids: torch.Tensor) -> float:
    """Largest difference between answer_logits and the model's own forward over the processor's output."""
    messages = [turn("user", QUESTION, 1)]
    text = processor.apply_chat_template(messages, add_generation_prompt=True)
    inputs = processor(images=[image.convert("RGB")], text=text, return_tensors="pt")
    layout = Layout(processor.tokenizer, [*messages, turn("assistant", "7")], 1)
    assert inputs["input_ids"][0].tolist() == layout.ids[: layout.answers[0]].tolist()
    with torch.no_grad():
        own = model(**inputs).logits[0, -1]
        fast, _ = answer_logits(model, layout, inputs["pixel_values"][None][:, :, :1], torch.tensor([[7]]), digit_ids)
    return float((own - fast[0, 0]).abs().max())


def validate(model, layout: Layout, tiles: torch.Tensor, digits: torch.Tensor, digit_ids: torch.Tensor):
    with torch.no_grad():
        logits, targets = answer_logits(model, layout, tiles[:, None], digits[:, None], digit_ids)
    loss = F.cross_entropy(logits.flatten(0, 1), targets.flatten())
    return float((logits.argmax(-1) == targets).all(-1).float().mean()), float(loss)


def train(model, processor, steps: int, log) -> None:
    generator = torch.Generator().manual_seed(SEED)
    tokenizer = processor.tokenizer
    digit_ids = torch.tensor([tokenizer.convert_tokens_to_ids(str(digit)) for digit in range(10)])
    images, labels = read_split("train")
    samples, digits = to_samples(images), torch.tensor(labels)
    held_out = torch.arange(len(digits)) % 10 == 9
    learnt, learnt_digits = samples[~held_out], digits[~held_out]
    checked, checked_digits = to_tiles(samples[held_out]), digits[held_out]

    difference = check_fast_forward(model, processor, images[0], digit_ids)
    log(f"batched forward against the model's own, largest difference of a logit: {difference:.1e}")
    assert difference < 1e-4

    # The first part sees the whole-image tile alone, which is less work; the second part has everything.
    parts = make_layouts(tokenizer)
    switch = int(steps * FIRST_PART)
    decayed = [p for p in model.parameters() if p.dim() > 1]
    others = [p for p in model.parameters() if p.dim() <= 1]
    optimizer = torch.optim.AdamW(
        [{"params": decayed, "weight_decay": 0.05}, {"params": others, "weight_decay": 0.0}], lr=1.5e-3, betas=(0.9, 0.98)
    )
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda i: min(1, (i + 1) / 50) * (0.5 + 0.5 * math.cos(math.pi * min(1, i / steps)))
    )
    best, best_state, running, started = (-1.0, 0.0), None, 0.0, time.monotonic()
    every = max(1, min(100, steps // 4))
    for step in range(1, steps + 1):
        part = parts[step > switch]
        weights = torch.tensor([weight for weight, _ in part])
        layout = part[int(torch.multinomial(weights, 1, generator=generator))][1]
        rows = max(8, BATCH // layout.images)
        picked = torch.randint(len(learnt), (rows, layout.images), generator=generator)
        tiles = to_tiles(distort(learnt[picked].flatten(0, 1), generator)).unflatten(0, (rows, layout.images))
        logits, targets = answer_logits(model, layout, tiles, learnt_digits[picked], digit_ids)
        loss = F.cross_entropy(logits.flatten(0, 1), targets.flatten())
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        running += float(loss.detach()) / every
        if step % every == 0:
            accuracy, held_loss = validate(model, part[0][1], checked, checked_digits, digit_ids)
            log(f"step {step:5d}  loss {running:.4f}  held-out accuracy {accuracy:.4f} loss {held_loss:.4f}"
                f"  {time.monotonic() - started:.0f} s")  # fmt: skip
            running = 0.0
            if step > switch and (accuracy, -held_loss) > best:
                best = (accuracy, -held_loss)
                best_state = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    model.load_state_dict(best_state)
    log(f"kept: held-out accuracy {best[0]:.4f}, loss {-best[1]:.4f}")


def evaluate(folder: Path, log) -> None:
    """The figures of the saved checkpoint on the test split, through transformers alone, one image at a time."""
    processor = AutoProcessor.from_pretrained(folder)
    processor.image_processor = AutoImageProcessor.from_pretrained(folder, backend="pil")
    model = LlavaOnevisionForConditionalGeneration.from_pretrained(folder, dtype=torch.float32).eval()
    tokenizer = processor.tokenizer
    digit_ids = [tokenizer.convert_tokens_to_ids(str(digit)) for digit in range(10)]
    images, labels = read_split("test")
    text = processor.apply_chat_template([turn("user", QUESTION, 1)], add_generation_prompt=True)
    answers, choices = [], []
    started = time.monotonic()
    for image in images:
        inputs = processor(images=[image.convert("RGB")], text=text, return_tensors="pt")
        out = model.generate(**inputs, max_new_tokens=8, do_sample=False, output_logits=True, return_dict_in_generate=True)
        answers.append(tokenizer.decode(out.sequences[0, inputs["input_ids"].shape[1] :], skip_special_tokens=True))
        choices.append(int(out.logits[0][0, digit_ids].argmax()))
    seconds = time.monotonic() - started
    n = len(labels)
    moved = np.random.RandomState(SEED).permutation(n)
    right = sum(answer == str(label) for answer, label in zip(answers, labels))
    shuffled = sum(answers[moved[i]] == str(labels[i]) for i in range(n))
    chosen = sum(choice == label for choice, label in zip(choices, labels))
    log(f"test, greedy generation, batch 1 ({seconds:.1f} s): exact_match {right}/{n} = {right / n:.4f}")
    log(f"test, the images shuffled among the docs:    exact_match {shuffled}/{n} = {shuffled / n:.4f}")
    log(f"test, log-likelihood of the ten choices:     acc         {chosen}/{n} = {chosen / n:.4f}")


def save(model, processor, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    model.save_pretrained(folder)
    processor.save_pretrained(folder)
    (folder / "model.safetensors").chmod(0o644)
    processor.image_processor.save_pretrained(folder)  # preprocessor_config.json, which other readers expect
    # Newer libraries keep the template in a file of its own, older ones and other readers in tokenizer_config.json.
    path = folder / "tokenizer_config.json"
    config = json.loads(path.read_text())
    config["chat_template"] = CHAT_TEMPLATE
    path.write_text(json.dumps(config, indent=2, ensure_ascii=False) + "\n")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=ROOT / "tests" / "models" / "tiny-llava-onevision", help="folder")
    parser.add_argument("--steps", type=int, default=1400, help="training steps (1400)")
    parser.add_argument("--threads", type=int, default=2, help="CPU threads (2)")
    parser.add_argument("--evaluate-only", action="store_true", help="only print the figures of the checkpoint there")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(SEED)
    lines = []

    def log(line: str) -> None:
        print(line, flush=True)
        lines.append(line)

    if options.evaluate_only:
        evaluate(options.out, log)
        return 0
    log(f"tools/train_tiny_model.py: seed {SEED}, {options.steps} steps of up to {BATCH} images, "
        f"torch {torch.__version__}, transformers {transformers.__version__}")  # fmt: skip
    processor = make_processor(make_tokenizer())
    model = make_model(processor.tokenizer)
    log(f"parameters: {sum(p.numel() for p in model.parameters()):,}; vocabulary: {len(processor.tokenizer)} tokens")
    train(model, processor, options.steps, log)
    save(model, processor, options.out)
    evaluate(options.out, log)
    (options.out / "training.log").write_text("\n".join(lines) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
