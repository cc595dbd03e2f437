"""Our tokenizer against the live `tokenizers` and `transformers`: the same ids, the same text.

Needs LMMS_EVAL_TOKENIZER_DRIVER, the program built from tokenizer_driver.cpp; `ctest -R parity.tokenizer` sets it.
"""

import json
import os
import pathlib
import random
import subprocess

import pytest
import transformers
from tokenizers import Tokenizer

import tokenizer_corpus
import tokenizer_makers

ROOT = pathlib.Path(__file__).resolve().parents[2]
DRIVER = os.environ.get("LMMS_EVAL_TOKENIZER_DRIVER", str(ROOT / "build" / "tokenizer_driver"))
BUNDLED = ROOT / "tests" / "models" / "tiny-llava-onevision"
PIECES = ["<|endoftext|>", "<|im_start|>", "<|im_end|>", "<tool_call>", "<tool_call>x", "<image>", "<|begin_of_text|>", "<|eot_id|>",
          "<s>", "</s>", "<unk>", "<0x41>", "<L>", "<R>", "<LR>", "<P>", "word", "words", "Straße", "STRASSE", "ﬁsh", "FISH", "fish",
          "the", "there", "added token é", "raw token é", "<repo_name>", " ", "  ", "\n", "\t", "é", "x", "_", "ab", "<", ">", "|",
          "\u200d", "\u0301", "▁", " ▁"]


class Driver:
    def __init__(self):
        self.process = subprocess.Popen([DRIVER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8")

    def ask(self, **request):
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def call(self, **request):
        answer = self.ask(**request)
        assert "error" not in answer, answer["error"]
        return answer


@pytest.fixture(scope="module")
def driver():
    driver = Driver()
    yield driver
    driver.process.stdin.close()
    assert driver.process.wait(timeout=10) == 0


def around_added_tokens(seed=1, count=600):
    rng = random.Random(seed)
    return ["".join(rng.choice(PIECES) for _ in range(rng.randint(1, 9))) for _ in range(count)]


def id_lists(size, seed=2, count=300):
    rng = random.Random(seed)
    return [[rng.randrange(size + 3) for _ in range(rng.randint(0, 30))] for _ in range(count)]


def require_same(driver, oracle, texts, special):
    """Compares all ids, and names the first text that differs."""
    ours = driver.call(call="encode", texts=texts, special=special)["ids"]
    theirs = [e.ids for e in oracle.encode_batch(texts, add_special_tokens=special)]
    for text, got, wanted in zip(texts, ours, theirs):
        assert got == wanted, f"{text[:200]!r}: {[oracle.id_to_token(i) for i in got][:40]} not {[oracle.id_to_token(i) for i in wanted][:40]}"
    return theirs


def require_same_text(driver, oracle, ids, skip):
    ours = driver.call(call="decode", ids=ids, skip=skip)["texts"]
    for got, wanted, one in zip(ours, oracle.decode_batch(ids, skip_special_tokens=skip), ids):
        assert got == wanted, one


@pytest.fixture(scope="module", params=tokenizer_makers.MAKERS)
def trained(request, driver, tmp_path_factory):
    folder = tmp_path_factory.mktemp(request.param)
    (folder / "tokenizer.json").write_text(tokenizer_makers.trained_json(request.param))
    oracle = Tokenizer.from_file(str(folder / "tokenizer.json"))
    assert driver.call(call="load", folder=str(folder))["vocab_size"] == oracle.get_vocab_size()
    return oracle


@pytest.mark.parametrize("special", [False, True])
def test_hard_texts_have_the_same_ids(driver, trained, special):
    require_same(driver, trained, tokenizer_corpus.HARD, special)


def test_prose_and_code_have_the_same_ids_and_text(driver, trained):
    ids = require_same(driver, trained, tokenizer_corpus.prose()[::3], False)
    require_same_text(driver, trained, ids, True)


def test_random_texts_have_the_same_ids_and_text(driver, trained):
    ids = require_same(driver, trained, tokenizer_corpus.random_texts(2500), True)
    require_same_text(driver, trained, ids, True)
    require_same_text(driver, trained, ids, False)


def test_added_tokens_are_found_alike(driver, trained):
    ids = require_same(driver, trained, around_added_tokens(), False)
    require_same_text(driver, trained, ids, False)


@pytest.mark.parametrize("skip", [False, True])
def test_random_ids_have_the_same_text(driver, trained, skip):
    lists = id_lists(trained.get_vocab_size())
    if type(trained.decoder).__name__ == "BPEDecoder":
        lists = [ids for ids in lists if trained.decode_batch([ids], skip_special_tokens=False) != [""]]
    require_same_text(driver, trained, lists, skip)


@pytest.mark.parametrize("name", ["qwen2", "gpt4o", "deepseek3", "gpt2", "smollm2", "llama2"])
def test_every_character_has_the_same_ids(driver, tmp_path, name):
    (tmp_path / "tokenizer.json").write_text(tokenizer_makers.trained_json(name))
    driver.call(call="load", folder=str(tmp_path))
    require_same(driver, Tokenizer.from_file(str(tmp_path / "tokenizer.json")), tokenizer_corpus.every_character(), False)


CONFIGS = {
    "plain": {"bos_token": None, "eos_token": "<|im_end|>", "pad_token": "<|endoftext|>"},
    "objects": {"bos_token": {"__type": "AddedToken", "content": "<|im_start|>", "lstrip": True, "rstrip": False, "single_word": False, "normalized": False},
                "eos_token": "<|im_end|>", "pad_token": "<|endoftext|>"},
    "new_tokens": {"bos_token": "<bos>", "eos_token": "<|im_end|>", "pad_token": "<pad>", "additional_special_tokens": ["<extra>", "<|im_start|>"]},
    "decoder": {"eos_token": "<|im_end|>", "pad_token": "<|endoftext|>",
                "added_tokens_decoder": {"3001": {"content": "<|im_end|>", "lstrip": True, "rstrip": True, "single_word": False, "normalized": False, "special": True},
                                         "9000": {"content": "<late>", "lstrip": False, "rstrip": False, "single_word": False, "normalized": False, "special": False}}},
    "image_token": {"eos_token": "<|im_end|>", "image_token": "<img>", "extra_special_tokens": {"video_token": "<vid>"}},
    "clean_up_ignored": {"eos_token": "<|im_end|>", "clean_up_tokenization_spaces": True},
    "clean_up": {"eos_token": "<|im_end|>", "clean_up_tokenization_spaces": True, "clean_up_tokenization_spaces_for_bpe_even_though_it_will_corrupt_output": True},
    "add_bos_is_for_other_files": {"bos_token": "<|im_start|>", "eos_token": "<|im_end|>", "add_bos_token": True},
}


@pytest.mark.parametrize("with_map", [False, True])
@pytest.mark.parametrize("name", CONFIGS)
def test_tokenizer_config_means_the_same(driver, tmp_path, name, with_map):
    (tmp_path / "tokenizer.json").write_text(tokenizer_makers.trained_json("qwen2"))
    config = {"tokenizer_class": "PreTrainedTokenizerFast", **CONFIGS[name]}
    (tmp_path / "tokenizer_config.json").write_text(json.dumps(config))
    if with_map:
        special = {"eos_token": {"content": "<|endoftext|>", "lstrip": False, "rstrip": True, "single_word": False, "normalized": False}}
        (tmp_path / "special_tokens_map.json").write_text(json.dumps(special))
    oracle = transformers.AutoTokenizer.from_pretrained(tmp_path)
    ours = driver.call(call="load", folder=str(tmp_path))
    for key, token in [("bos", oracle.bos_token), ("eos", oracle.eos_token), ("pad", oracle.pad_token)]:
        assert ours[key] == (-1 if token is None else oracle.convert_tokens_to_ids(token)), key
    assert ours["vocab_size"] == len(oracle)
    extra = ["<bos>", " <bos> ", "<pad><extra>", "a <|im_end|> b", "a <late>b", "<img> <vid>", " <|im_start|> x", "<|endoftext|>  y", "it 's , not . n't ?"]
    texts = tokenizer_corpus.HARD + around_added_tokens() + extra
    ids = driver.call(call="encode", texts=texts, special=True)["ids"]
    assert ids == [oracle(text)["input_ids"] for text in texts]
    for skip in [False, True]:
        wanted = [oracle.decode(one, skip_special_tokens=skip) for one in ids]
        assert driver.call(call="decode", ids=ids, skip=skip)["texts"] == wanted


@pytest.mark.skipif(not (BUNDLED / "tokenizer.json").exists(), reason="the bundled model is not in this checkout")
def test_the_bundled_model_has_the_same_ids(driver):
    oracle = transformers.AutoTokenizer.from_pretrained(BUNDLED)
    ours = driver.call(call="load", folder=str(BUNDLED))
    assert (ours["eos"], ours["pad"]) == (oracle.eos_token_id, oracle.pad_token_id)
    texts = tokenizer_corpus.HARD + around_added_tokens() + tokenizer_corpus.random_texts(500)
    ids = driver.call(call="encode", texts=texts, special=True)["ids"]
    assert ids == [oracle(text)["input_ids"] for text in texts]
    assert driver.call(call="decode", ids=ids, skip=True)["texts"] == [oracle.decode(one, skip_special_tokens=True) for one in ids]


def test_unsupported_models_are_refused(driver, tmp_path):
    tokenizer = {"version": "1.0", "added_tokens": [], "model": {"type": "Unigram", "unk_id": 0, "vocab": [["<unk>", 0.0]]}}
    (tmp_path / "tokenizer.json").write_text(json.dumps(tokenizer))
    assert "Unigram" in driver.ask(call="load", folder=str(tmp_path))["error"]
