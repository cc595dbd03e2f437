"""Our chat templates against transformers' apply_chat_template: the same prompt, from the same files.

Needs LMMS_EVAL_TOKENIZER_DRIVER, the program built from tokenizer_driver.cpp; `ctest -R parity.tokenizer` sets it.
"""

import json
import pathlib

import pytest
import transformers
from transformers.utils.chat_template_utils import render_jinja_template

import tokenizer_makers
from template_chats import CHATS
from test_tokenizer import BUNDLED, Driver

TOKENS = {"bos_token": "<|im_start|>", "eos_token": {"__type": "AddedToken", "content": "<|im_end|>", "lstrip": False, "rstrip": False,
          "single_word": False, "normalized": False}, "pad_token": "<|endoftext|>", "unk_token": None, "image_token": "<image>"}
SPECIAL = {"bos_token": "<|im_start|>", "eos_token": "<|im_end|>", "pad_token": "<|endoftext|>", "image_token": "<image>"}

# What each template takes: parts for users, and for the others a text where it trims or adds them up.
TEXT = {"system": False, "user": False, "assistant": False}
PARTS = {"system": True, "user": True, "assistant": True}
FORMS = {"chatml": TEXT, "chatml_default_system": TEXT, "llama3": TEXT, "deepseek": TEXT, "phi": TEXT, "qwen_vl": PARTS,
         "llava_onevision": PARTS, "smolvlm": PARTS}
# In the manner of Llama 3.2 Vision: the parts of users, the text of the system.
MIXED = (
    "{%- if messages[0]['role'] == 'system' %}{{- 'S:' + messages[0]['content']|trim }}{%- set messages = messages[1:] %}{%- endif %}"
    "{%- for m in messages %}{{- '\\n' + m.role + ':' }}{%- if m.role == 'user' %}{%- for c in m.content %}"
    "{{- '<|image|>' if c.type == 'image' else c.text }}{%- endfor %}{%- else %}{{- m.content }}{%- endif %}{{- eos_token }}{%- endfor %}"
)
TEMPLATES = {**{name: (CHATS[name], form) for name, form in FORMS.items()},
             "mixed": (MIXED, {"system": False, "user": True, "assistant": False})}


def text(t):
    return {"type": "text", "text": t}


IMAGE = {"type": "image"}
TEXT_CHATS = [
    [{"role": "user", "content": [text("Hello <b>you</b> & 'me' \"x\" \n")]}],
    [{"role": "system", "content": [text(" Be brief. ")]}, {"role": "user", "content": [text("Hi {{ x }}")]}],
    [{"role": "user", "content": [text("one, "), text("two")]}, {"role": "assistant", "content": [text("yes")]}, {"role": "user", "content": [text("é 你好 👍🏽")]}],
    [{"role": "system", "content": [text("s")]}, {"role": "user", "content": [text("q")]}, {"role": "assistant", "content": [text("a")]}],
]
IMAGE_CHATS = [
    [{"role": "user", "content": [IMAGE, text("What is it?")]}],
    [{"role": "system", "content": [text("Be brief.")]}, {"role": "user", "content": [text("First "), IMAGE, text(" then "), IMAGE, text(" compare.")]}],
    [{"role": "user", "content": [IMAGE]}, {"role": "assistant", "content": [text("A cat.")]}, {"role": "user", "content": [text("And here?"), IMAGE]}],
]


@pytest.fixture(scope="module")
def driver():
    driver = Driver()
    yield driver
    driver.process.stdin.close()
    assert driver.process.wait(timeout=10) == 0


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "tokenizer.json").write_text(tokenizer_makers.trained_json("qwen2"))
    (tmp_path / "tokenizer_config.json").write_text(json.dumps({"tokenizer_class": "PreTrainedTokenizerFast", **TOKENS}))
    return tmp_path


def as_template_takes_it(messages, form):
    return [m if form[m["role"]] else {**m, "content": "".join(p["text"] for p in m["content"])} for m in messages]


@pytest.mark.parametrize("generate", [False, True])
@pytest.mark.parametrize("name", TEMPLATES)
def test_prompts_are_the_same(driver, folder, name, generate):
    template, form = TEMPLATES[name]
    (folder / "chat_template.jinja").write_text(template)
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    compared = 0
    for messages in TEXT_CHATS + (IMAGE_CHATS if form["user"] else []):
        given = as_template_takes_it(messages, form)
        try:
            wanted = tokenizer.apply_chat_template(given, tokenize=False, add_generation_prompt=generate)
        except Exception:
            assert "error" in driver.ask(call="chat", folder=str(folder), messages=messages, generate=generate)
            continue
        assert driver.call(call="chat", folder=str(folder), messages=messages, generate=generate)["text"] == wanted
        compared += 1
    assert compared >= 3


def test_a_template_for_text_refuses_images(driver, folder):
    (folder / "chat_template.jinja").write_text(CHATS["chatml"])
    assert "no place for image" in driver.ask(call="chat", folder=str(folder), messages=IMAGE_CHATS[0], generate=True)["error"]


def place(folder, where):
    """A template that tells where it stands, put there."""
    if where == "tokenizer_config.json":
        config = json.loads((folder / where).read_text())
        (folder / where).write_text(json.dumps({**config, "chat_template": where}))
    elif where == "named":
        config = json.loads((folder / "tokenizer_config.json").read_text())
        named = [{"name": "default", "template": "named"}, {"name": "tool_use", "template": "tools"}]
        (folder / "tokenizer_config.json").write_text(json.dumps({**config, "chat_template": named}))
    elif where.endswith(".json"):
        (folder / where).write_text(json.dumps({"chat_template": where}))
    else:
        (folder / where).write_text(where)


PLACES = ["tokenizer_config.json", "chat_template.jinja", "named"]


@pytest.mark.parametrize("places", [[p] for p in PLACES] + [["tokenizer_config.json", "chat_template.jinja"], ["named", "chat_template.jinja"]])
def test_the_same_place_wins_as_for_tokenizers(driver, folder, places):
    for where in places:
        place(folder, where)
    wanted = transformers.AutoTokenizer.from_pretrained(folder).apply_chat_template(TEXT_CHATS[0], tokenize=False)
    assert driver.call(call="chat", folder=str(folder), messages=TEXT_CHATS[0], generate=False)["text"] == wanted


@pytest.mark.parametrize("places", [["chat_template.jinja"], ["chat_template.json"], ["chat_template.jinja", "chat_template.json"],
                                    ["chat_template.jinja", "chat_template.json", "processor_config.json"]])
def test_the_same_place_wins_as_for_processors(driver, folder, places):
    place(folder, "tokenizer_config.json")
    for where in places:
        place(folder, where)
    wanted = transformers.ProcessorMixin.get_processor_dict(str(folder))[0]["chat_template"]
    assert driver.call(call="chat", folder=str(folder), messages=TEXT_CHATS[0], generate=False)["text"] == wanted


def test_templates_are_chosen_by_name(driver, folder):
    ask = lambda name: driver.ask(call="chat", folder=str(folder), messages=TEXT_CHATS[0], generate=False, name=name)
    assert ask("") == {"none": True}
    place(folder, "named")
    (folder / "additional_chat_templates").mkdir()
    (folder / "additional_chat_templates" / "rag.jinja").write_text("from rag")
    assert [ask(name)["text"] for name in ["", "default", "tool_use", "rag"]] == ["named", "named", "tools", "from rag"]
    assert "did you mean 'tool_use'" in ask("tool_uze")["error"]


@pytest.mark.skipif(not (BUNDLED / "tokenizer.json").exists(), reason="the bundled model is not in this checkout")
def test_the_bundled_model_has_the_same_prompts(driver):
    processor = transformers.AutoProcessor.from_pretrained(BUNDLED)
    template = processor.chat_template or processor.tokenizer.chat_template
    for messages in TEXT_CHATS + IMAGE_CHATS:
        [wanted], _ = render_jinja_template(conversations=[messages], chat_template=template, add_generation_prompt=True,
                                            **processor.tokenizer.special_tokens_map)
        assert driver.call(call="chat", folder=str(BUNDLED), messages=messages, generate=True)["text"] == wanted
