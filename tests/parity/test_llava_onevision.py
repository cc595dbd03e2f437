"""Holds the libtorch code of llava_onevision against transformers: token ids, logits, greedy tokens, log-likelihoods.

Run by `ctest -L parity`; by hand: LOGITS_DRIVER=build/tests/logits_driver .parity/bin/python -m pytest THIS_FILE
"""

import sys
from pathlib import Path

import numpy as np
import pytest
import torch

sys.path.insert(0, str(Path(__file__).parent))
from llava_onevision_checkpoints import Case, ask, load_checkpoint, make_cases, make_checkpoint, make_images  # noqa: E402

TOLERANCE = 1e-4  # of f32 logits whose standard deviation is at least 1
# A rule that is broken on purpose must show at least this many times more than the tolerance.
FACTOR = 20
# How much farther from f32 than transformers' own half-precision run ours may be: both round at the same places, but
# sums run in different orders.
SLACK = 1.15

# Seeds are such that greedy answers are not one token repeated.
VARIANTS = {
    "gqa_untied": {},
    "mha_tied": {"seed": 101, "text": {"num_key_value_heads": 4}, "tie_word_embeddings": True},
    "one_kv_head": {"seed": 100, "text": {"num_key_value_heads": 1, "hidden_act": "gelu"}},
    "wide_heads": {"text": {"head_dim": 20}},
    "scaled_down": {"vision_aspect_ratio": "anyres_max_1"},
    "inner_feature_layer": {"vision_feature_layer": -2},
    "several_feature_layers": {"vision_feature_layer": [0, -1, 2]},
    "other_activations": {"vision": {"hidden_act": "quick_gelu"}, "projector_hidden_act": "silu", "text": {"hidden_act": "relu"}},
    "no_projector_bias": {"seed": 100, "multimodal_projector_bias": False, "projector_hidden_act": "gelu_pytorch_tanh"},
    "patches_that_leave_a_rest": {"vision": {"patch_size": 9}},
}


@pytest.fixture(scope="session")
def images(tmp_path_factory):
    return make_images(tmp_path_factory.mktemp("images"))


@pytest.fixture(scope="session")
def cases(images):
    return make_cases(images)


@pytest.fixture(scope="session")
def base(tmp_path_factory):
    return make_checkpoint(tmp_path_factory.mktemp("base"))


def difference(ours, theirs):
    return max(np.abs(a["logits"] - b).max() if a["logits"].shape == b.shape else np.inf for a, b in zip(ours, theirs))


def require_variety(generated):
    """A comparison of one token that is repeated would tell little."""
    assert len({token for tokens in generated for token in tokens}) >= 8, generated
    assert sum(len(set(tokens)) >= 3 for tokens in generated) >= len(generated) / 2, generated


def check_f32(checkpoint, cases, out):
    answers = ask(checkpoint.folder, cases, out)
    for case, answer in zip(cases, answers):
        expected = checkpoint.logits(case)
        assert answer["ids"] == checkpoint.inputs(case)["input_ids"][0].tolist(), case
        assert expected.std() >= 1, f"logits too small to tell ({expected.std()})"
        assert np.abs(answer["logits"] - expected).max() <= TOLERANCE, case
        assert answer["generated"] == checkpoint.generate(case, max_new_tokens=10), case
    return [answer["generated"] for answer in answers]


@pytest.mark.parametrize("name", VARIANTS)
def test_f32_ids_logits_and_greedy_tokens_agree(name, tmp_path, cases):
    checkpoint = make_checkpoint(tmp_path / "model", **{"seed": len(name), **VARIANTS[name]})
    require_variety(check_f32(checkpoint, cases, tmp_path / "out"))


def test_default_strategy_agrees_for_several_pictures(tmp_path, cases):
    checkpoint = make_checkpoint(tmp_path / "model", vision_feature_select_strategy="default")
    several = [case for case in cases if len(case.images) != 1]
    # The number of tokens of a picture follows from the features, on either side.
    check_f32(checkpoint, several, tmp_path / "out")


@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
def test_half_precision_is_as_close_to_f32_as_transformers(dtype, tmp_path, cases):
    saved = make_checkpoint(tmp_path / "model", seed=3, dtype=getattr(torch, dtype))
    exact = saved.as_type(torch.float32)
    half = saved.as_type(getattr(torch, dtype))
    forced = [exact.generate(case, max_new_tokens=16) for case in cases]
    answers = ask(saved.folder, cases, tmp_path / "out", dtype="auto", forced=forced)
    ours, theirs, margin_errors = [], [], []
    for case, tokens, answer in zip(cases, forced, answers):
        reference = exact.logits(case, tokens)
        ours.append((answer["logits"] - reference).ravel())
        theirs.append((half.logits(case, tokens) - reference).ravel())
        top = np.sort(reference, axis=-1)[:, -2:]
        clear = top[:, 1] - top[:, 0] > 2 * np.abs(answer["logits"] - reference).max(axis=-1)
        margin_errors.append(np.any(answer["logits"].argmax(-1)[clear] != reference.argmax(-1)[clear]))
    ours, theirs = np.concatenate(ours), np.concatenate(theirs)
    print(f"{dtype}: rms error {np.sqrt(np.mean(ours**2)):.4g}, transformers {np.sqrt(np.mean(theirs**2)):.4g}")
    assert np.sqrt(np.mean(ours**2)) <= SLACK * np.sqrt(np.mean(theirs**2))
    assert not any(margin_errors)


def agreement(exact, case, ours, theirs, tie):
    """How many new tokens agree; where they part, f32 finds both within `tie` of each other."""
    same = next((i for i, (a, b) in enumerate(zip(ours, theirs)) if a != b), min(len(ours), len(theirs)))
    if ours != theirs:
        end = exact.processor.tokenizer.eos_token_id
        rest = [(tokens + [end])[same] for tokens in (ours, theirs)]
        last = exact.logits(case, ours[:same])[-1]
        assert abs(last[rest[0]] - last[rest[1]]) <= tie, (case, ours, theirs)
    return same


def one_by_one(folder, cases, out, **options):
    return [ask(folder, [case], out / str(i), **options)[0] for i, case in enumerate(cases)]


@pytest.mark.parametrize("dtype,tie", [("float32", 1e-3), ("bfloat16", 0.5), ("float16", 0.05)])
def test_greedy_tokens_agree_in_a_batch_and_alone(dtype, tie, tmp_path, cases):
    # The cases' prompts differ in length, so rows of the batch begin at different columns.
    saved = make_checkpoint(tmp_path / "model", seed=5, dtype=getattr(torch, dtype))
    exact = saved.as_type(torch.float32)
    theirs = [saved.generate(case, max_new_tokens=16) for case in cases]
    options = {"dtype": dtype, "options": {"max_new_tokens": 16}}
    together = ask(saved.folder, cases, tmp_path / "out", **options)
    alone = one_by_one(saved.folder, cases, tmp_path, **options)
    assert len({len(answer["ids"]) for answer in together}) >= 5
    require_variety(theirs)
    for answers in (together, alone):
        same = sum(agreement(exact, case, answer["generated"], tokens, tie) for case, answer, tokens in zip(cases, answers, theirs))
        print(f"{dtype}: {same} of {sum(map(len, theirs))} tokens before a tie")
        assert same >= 0.4 * sum(map(len, theirs))


def test_repetition_penalty_agrees(base, tmp_path, cases):
    options = {"max_new_tokens": 24, "repetition_penalty": 1.4}
    answers = ask(base.folder, cases, tmp_path, options=options)
    plain = ask(base.folder, cases, tmp_path / "plain", options={"max_new_tokens": 24})
    for case, answer in zip(cases, answers):
        assert answer["generated"] == base.generate(case, max_new_tokens=24, repetition_penalty=1.4)
    assert any(a["generated"] != b["generated"] for a, b in zip(answers, plain))


def test_sampling_from_one_candidate_is_greedy(base, tmp_path, cases):
    greedy = ask(base.folder, cases, tmp_path / "greedy")
    sampled = ask(base.folder, cases, tmp_path / "sampled",
                  options={"max_new_tokens": 10, "do_sample": True, "temperature": 0.9, "top_k": 1})
    assert [a["generated"] for a in greedy] == [a["generated"] for a in sampled]


def test_loglikelihoods_agree(base, tmp_path, cases):
    # Equal contexts with continuations of one and of several tokens, of which one begins like another; trailing white
    # space of the context ("assistant\n") belongs to the continuation.
    choices = ["7", "seven", "answer with one word", "answer", " which digit"]
    pairs = [(case, choice) for case in cases for choice in choices]
    answers = ask(base.folder, [case for case, _ in pairs], tmp_path, continuations=[choice for _, choice in pairs])
    tokenizer = base.processor.tokenizer
    for (case, choice), answer in zip(pairs, answers):
        inputs = base.inputs(case)
        prompt = tokenizer.decode(inputs["input_ids"][0])
        context = len(tokenizer(prompt.rstrip(), add_special_tokens=False)["input_ids"])
        whole = tokenizer(prompt + choice, add_special_tokens=False)["input_ids"]
        assert answer["ids"] == whole
        logits = torch.from_numpy(base.logits(case, whole[inputs["input_ids"].shape[1]:]))
        rows = torch.log_softmax(logits, -1)[context - 1 : len(whole) - 1]
        targets = torch.tensor(whole[context:])
        expected = rows.gather(1, targets[:, None]).sum().item()
        assert answer["logprob"] == pytest.approx(expected, abs=TOLERANCE * len(targets))
        assert answer["is_greedy"] == bool((rows.argmax(-1) == targets).all())


def test_greedy_continuation_is_recognised(base, tmp_path, cases):
    generated = ask(base.folder, cases[:1], tmp_path / "a", options={"max_new_tokens": 1})[0]
    tokenizer = base.processor.tokenizer
    # The context's last new line is scored too, so the flag is true only if the model would write it itself.
    prompt = base.inputs(cases[0])["input_ids"][0].tolist()
    line = base.logits(cases[0])[len(prompt) - 2].argmax() == prompt[-1]
    answer = ask(base.folder, cases[:1], tmp_path / "b", continuations=[tokenizer.decode(generated["generated"])])[0]
    assert answer["is_greedy"] == bool(line)


# Each entry breaks one rule on our side only: settings put over config.json.
BROKEN_SETTINGS = {
    "text activation": ["text_config.hidden_act=gelu"],
    "vision activation": ["vision_config.hidden_act=gelu"],
    "projector activation": ["projector_hidden_act=gelu_pytorch_tanh"],
    "layer norm eps": ["vision_config.layer_norm_eps=1e-6"],
    "rms norm eps": ["text_config.rms_norm_eps=1e-6"],
    "rope theta": ["text_config.rope_parameters.rope_theta=10000"],
    "feature layer": ["vision_feature_layer=-2"],
    "feature layer by index": ["vision_feature_layer=1"],
    "tied head": ["tie_word_embeddings=true"],
    "scaling of tiles": ["vision_aspect_ratio=anyres_max_1"],
}


@pytest.mark.parametrize("rule", BROKEN_SETTINGS)
def test_a_broken_setting_shows(rule, base, tmp_path, cases):
    answers = ask(base.folder, cases, tmp_path, overrides=BROKEN_SETTINGS[rule])
    assert difference(answers, [base.logits(case) for case in cases]) > FACTOR * TOLERANCE


def zero(*names):
    def change(tensors):
        found = [key for key in tensors if any(key.endswith(name) for name in names)]
        assert found, names
        for key in found:
            tensors[key].zero_()
    return change


def negate_newline(tensors):
    tensors["image_newline"].neg_()


BROKEN_WEIGHTS = {
    "newline": negate_newline,
    "query bias": zero("q_proj.bias"),
    "value bias": zero("v_proj.bias"),
    "projector bias": zero("linear_1.bias"),
    "position embedding": zero("position_embedding.weight"),
    "second norm of a block": zero("post_attention_layernorm.weight"),
}


@pytest.mark.parametrize("rule", BROKEN_WEIGHTS)
def test_a_broken_weight_shows(rule, base, tmp_path, cases):
    folder = base.copy_with(tmp_path / "model", BROKEN_WEIGHTS[rule])
    answers = ask(folder, cases, tmp_path / "out")
    assert difference(answers, [base.logits(case) for case in cases]) > FACTOR * TOLERANCE


def test_the_count_of_unpadded_rows_shows(base, tmp_path, images, monkeypatch):
    # The oracle without its unpadding: other counts of tokens, or it is not unpadding that the comparison sees.
    case = Case("digit", [images["strip"]])
    ours = ask(base.folder, [case], tmp_path)[0]["ids"]
    assert ours == base.inputs(case)["input_ids"][0].tolist()
    monkeypatch.setattr(type(base.processor), "_get_unpadded_features",
                        lambda self, height, width, ph, pw, sh, sw: (ph * sh * pw * sw, ph * sh))
    assert ours != base.inputs(case)["input_ids"][0].tolist()


def test_which_rows_unpadding_keeps_shows(base, tmp_path, images):
    # As many rows, but one patch farther up.
    case = Case("digit", [images["strip"]])
    right = ask(base.folder, [case], tmp_path / "right")
    rolled = ask(base.folder, [case], tmp_path / "rolled", roll_tiles=4)
    assert right[0]["ids"] == rolled[0]["ids"]
    assert difference(right, [base.logits(case)]) <= TOLERANCE
    assert difference(rolled, [base.logits(case)]) > FACTOR * TOLERANCE


BUNDLED = Path(__file__).parents[1] / "models" / "tiny-llava-onevision"


@pytest.mark.skipif(not (BUNDLED / "model.safetensors").exists(), reason="no bundled model")
def test_the_bundled_model_agrees(tmp_path):
    from PIL import Image
    from sklearn.datasets import load_digits

    checkpoint = load_checkpoint(BUNDLED)
    cases = []
    for i, pixels in enumerate(load_digits().images[:12]):
        path = tmp_path / f"{i}.png"
        Image.fromarray((pixels * 255 / 16).astype(np.uint8)).convert("RGB").resize((64, 64)).save(path)
        cases.append(Case("Which digit is this? Answer with one digit.", [path]))
    answers = ask(BUNDLED, cases, tmp_path / "out")
    for case, answer in zip(cases, answers):
        assert answer["ids"] == checkpoint.inputs(case)["input_ids"][0].tolist()
        assert np.abs(answer["logits"] - checkpoint.logits(case)).max() <= TOLERANCE
        assert answer["generated"] == checkpoint.generate(case, max_new_tokens=10)
    assert len({tuple(answer["generated"]) for answer in answers}) >= 5
