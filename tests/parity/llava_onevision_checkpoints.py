"""Small random LLaVA-OneVision checkpoints, and what transformers computes with them.

Weights are scaled so that logits have a standard deviation of at least 1, and the settings differ from transformers'
defaults (eps 1e-3, theta 5000): with small logits or default settings a wrong rule could hide.
"""

import json
import os
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import (
    AutoImageProcessor,
    LlavaOnevisionConfig,
    LlavaOnevisionForConditionalGeneration,
    LlavaOnevisionProcessor,
    LlavaOnevisionVideoProcessor,
    PreTrainedTokenizerFast,
    Qwen2Config,
    SiglipVisionConfig,
)

TEMPLATE = (
    "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\n' }}"
    "{% for part in message['content'] %}{% if part['type'] == 'image' %}{{ '<image>\n' }}"
    "{% else %}{{ part['text'] }}{% endif %}{% endfor %}{{ '<|im_end|>\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
SPECIAL = ["<|endoftext|>", "<|im_start|>", "<|im_end|>", "<image>", "<video>"]
TILE = 28
PINPOINTS = [[TILE * a, TILE * b] for a in (1, 2, 3) for b in (1, 2, 3)]


def make_tokenizer():
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=320, special_tokens=[], initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False
    )
    tokenizer.train_from_iterator(["which digit is shown in the image? answer with one word: " + str(i) for i in range(99)], trainer)
    fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token="<|im_end|>", pad_token="<|endoftext|>")
    fast.add_special_tokens({"additional_special_tokens": SPECIAL[1:2] + SPECIAL[3:]})
    return fast


@dataclass
class Checkpoint:
    """A folder, transformers' model of it, and its processor."""

    folder: Path
    model: LlavaOnevisionForConditionalGeneration
    processor: LlavaOnevisionProcessor

    def inputs(self, case, forced=()):
        content = [{"type": "image"} for _ in case.images] + [{"type": "text", "text": case.text}]
        prompt = self.processor.apply_chat_template(
            [{"role": "user", "content": content}], add_generation_prompt=True, tokenize=False
        )
        images = [[Image.open(path).convert("RGB") for path in case.images]] if case.images else None
        inputs = self.processor(text=[prompt], images=images, return_tensors="pt")
        if forced:
            inputs["input_ids"] = torch.cat([inputs["input_ids"], torch.tensor([list(forced)])], 1)
            inputs["attention_mask"] = torch.ones_like(inputs["input_ids"])
        if "pixel_values" in inputs:
            inputs["pixel_values"] = inputs["pixel_values"].to(self.model.dtype)
        return inputs

    @torch.no_grad()
    def logits(self, case, forced=()):
        return self.model(**self.inputs(case, forced)).logits[0].float().numpy()

    @torch.no_grad()
    def generate(self, case, **options):
        """New tokens up to the end token, which is left out."""
        inputs = self.inputs(case)
        ids = self.model.generate(**inputs, do_sample=False, **options)[0, inputs["input_ids"].shape[1] :].tolist()
        end = self.processor.tokenizer.eos_token_id
        return ids[: ids.index(end)] if end in ids else ids

    def as_type(self, dtype):
        """The same folder loaded in another type."""
        model = LlavaOnevisionForConditionalGeneration.from_pretrained(self.folder, dtype=dtype).eval()
        return Checkpoint(self.folder, model, self.processor)

    def copy_with(self, folder, change):
        """A copy of the folder whose tensors `change` has changed in place."""
        shutil.copytree(self.folder, folder)
        tensors = load_file(folder / "model.safetensors")
        change(tensors)
        save_file(tensors, folder / "model.safetensors", {"format": "pt"})
        return folder


@dataclass
class Case:
    text: str
    images: list = field(default_factory=list)

    def message(self):
        parts = [{"image": str(path)} for path in self.images] + [{"text": self.text}]
        return [{"role": "user", "parts": parts}]


def make_checkpoint(folder, seed=0, vision=None, text=None, dtype=torch.float32, **options):
    tokenizer = make_tokenizer()
    image_token = tokenizer.convert_tokens_to_ids("<image>")
    vision_config = SiglipVisionConfig(
        **{
            **dict(hidden_size=32, intermediate_size=56, num_hidden_layers=3, num_attention_heads=2, image_size=TILE,
                   patch_size=4, vision_use_head=False, layer_norm_eps=1e-3),
            **(vision or {}),
        }
    )
    text_config = Qwen2Config(
        **{
            **dict(hidden_size=48, intermediate_size=80, num_hidden_layers=3, num_attention_heads=4, num_key_value_heads=2,
                   vocab_size=len(tokenizer) + 7, rms_norm_eps=1e-3, max_position_embeddings=4096,
                   rope_parameters={"rope_type": "default", "rope_theta": 5000.0}),
            **(text or {}),
        }
    )
    config = LlavaOnevisionConfig(
        vision_config=vision_config, text_config=text_config, image_token_index=image_token,
        video_token_index=tokenizer.convert_tokens_to_ids("<video>"), image_grid_pinpoints=PINPOINTS, **options,
    )
    torch.manual_seed(seed)
    model = LlavaOnevisionForConditionalGeneration(config).eval()
    for name, weight in model.named_parameters():
        if weight.dim() > 1:
            torch.nn.init.normal_(weight, std=1.3 / np.sqrt(weight[0].numel()))
        elif "norm" in name and name.endswith("weight"):
            torch.nn.init.normal_(weight, mean=1.0, std=0.2)
        else:
            torch.nn.init.normal_(weight, std=0.3)
    # Small embeddings, so that the first norms see values whose square is near eps.
    torch.nn.init.normal_(model.get_input_embeddings().weight, std=0.1)
    if not config.tie_word_embeddings:
        torch.nn.init.normal_(model.lm_head.weight, std=2.0 / np.sqrt(text_config.hidden_size))
    else:
        torch.nn.init.normal_(model.get_input_embeddings().weight, std=0.4)
    # The tail of gelu, where its two forms differ by a few hundredths of their value.
    if config.multimodal_projector_bias:
        projector = model.model.multi_modal_projector.linear_1
        torch.nn.init.normal_(projector.weight, std=0.3 / np.sqrt(projector.weight[0].numel()))
        torch.nn.init.normal_(projector.bias, mean=-2.0, std=0.5)
    # Tokens of media are never the most likely: transformers looks for their pictures when they come back as input.
    with torch.no_grad():
        model.get_output_embeddings().weight[[config.image_token_id, config.video_token_id]] = 0
    model = model.to(dtype)
    model.generation_config.eos_token_id = tokenizer.eos_token_id
    model.generation_config.pad_token_id = tokenizer.pad_token_id
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    (folder / "chat_template.jinja").write_text(TEMPLATE)
    (folder / "preprocessor_config.json").write_text(json.dumps({
        "image_processor_type": "LlavaOnevisionImageProcessor", "do_convert_rgb": True, "do_normalize": True, "do_pad": True,
        "do_rescale": True, "do_resize": True, "image_grid_pinpoints": PINPOINTS, "image_mean": [0.5, 0.5, 0.5],
        "image_std": [0.5, 0.5, 0.5], "resample": 3, "rescale_factor": 1 / 255, "size": {"height": TILE, "width": TILE},
    }))
    processor = LlavaOnevisionProcessor(
        image_processor=AutoImageProcessor.from_pretrained(folder, backend="pil"), tokenizer=tokenizer,
        video_processor=LlavaOnevisionVideoProcessor(),
        num_image_tokens=(TILE // vision_config.patch_size) ** 2,
        vision_feature_select_strategy=config.vision_feature_select_strategy, chat_template=TEMPLATE,
        vision_aspect_ratio=config.vision_aspect_ratio,
    )
    return Checkpoint(folder, model, processor)


def load_checkpoint(folder, dtype=torch.float32):
    """A checkpoint that is already there."""
    model = LlavaOnevisionForConditionalGeneration.from_pretrained(folder, dtype=dtype).eval()
    tokenizer = PreTrainedTokenizerFast.from_pretrained(folder)
    vision = model.config.vision_config
    processor = LlavaOnevisionProcessor(
        image_processor=AutoImageProcessor.from_pretrained(folder, backend="pil"), tokenizer=tokenizer,
        video_processor=LlavaOnevisionVideoProcessor(),
        num_image_tokens=(vision.image_size // vision.patch_size) ** 2,
        vision_feature_select_strategy=model.config.vision_feature_select_strategy, chat_template=tokenizer.chat_template,
        vision_aspect_ratio=model.config.vision_aspect_ratio,
    )
    return Checkpoint(Path(folder), model, processor)


def make_images(folder):
    """Pictures by name: smaller than a tile, square, wide, tall, very wide."""
    random = np.random.RandomState(7)
    sizes = {"tiny": (9, 11), "square": (64, 64), "wide": (30, 95), "tall": (83, 41), "strip": (8, 150)}
    paths = {}
    for name, (height, width) in sizes.items():
        coarse = random.randint(0, 255, (4, 4, 3), dtype=np.uint8)
        paths[name] = folder / f"{name}.png"
        Image.fromarray(coarse).resize((width, height), Image.BICUBIC).save(paths[name])
    return paths


def make_cases(images):
    return [
        Case("which digit is shown?", [images["tiny"]]),
        Case("answer with one word:", [images["wide"]]),
        Case("which digit is shown in the image? answer", [images["tall"]]),
        Case("digit", [images["strip"]]),
        Case("how many words are in this answer?"),
        Case("which of the two is the digit 7?", [images["square"], images["wide"]]),
        Case("one word", [images["tall"], images["square"], images["tiny"]]),
    ]


def ask(folder, cases, out, dtype="float32", overrides=(), forced=None, options=None, continuations=None, **more):
    """The answers of logits_driver, all cases in one batch; logits as arrays. `more` goes into every case."""
    entries = []
    for i, case in enumerate(cases):
        entry = {"messages": case.message(), "options": options or {"max_new_tokens": 10}, **more}
        if forced:
            entry["forced"] = list(forced[i])
        if continuations:
            entry["continuation"] = continuations[i]
        entries.append(entry)
    out.mkdir(parents=True, exist_ok=True)
    spec = out / "spec.json"
    spec.write_text(json.dumps(
        {"checkpoint": str(folder), "dtype": dtype, "overrides": list(overrides), "out": str(out), "cases": entries}
    ))
    # Memory that was never written holds huge numbers, not the zeros of fresh pages.
    environment = {**os.environ, "MALLOC_PERTURB_": "1"}
    result = subprocess.run([os.environ["LOGITS_DRIVER"], str(spec)], capture_output=True, text=True, env=environment)
    assert result.returncode == 0, result.stderr
    answers = json.loads(result.stdout)["cases"]
    for answer, entry in zip(answers, entries):
        if "logits" in answer:
            flat = np.fromfile(answer["logits"], np.float32)
            answer["logits"] = flat.reshape(len(answer["ids"]) + len(entry.get("forced", [])), -1)
    return answers
