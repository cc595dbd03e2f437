"""The template engine against live jinja2: same text, and errors in the same cases.

Needs LMMS_EVAL_TEMPLATE_DRIVER, the program built from template_driver.cpp; `ctest -R parity.template` sets it.
"""

import datetime
import json
import os
import pathlib
import re
import subprocess

import jinja2
import jinja2.ext
import pytest
from transformers.utils.chat_template_utils import _cached_compile_jinja_template

from template_cases import CONTEXT, EXPRESSIONS, TEMPLATES
from template_chats import CHATS, CONVERSATIONS, TOOLS

ROOT = pathlib.Path(__file__).resolve().parents[2]
DRIVER = os.environ.get("LMMS_EVAL_TEMPLATE_DRIVER", str(ROOT / "build" / "template_driver"))
NOW = 1_717_243_200


def regex_replace(string, pattern, repl, count=0):
    return re.sub(pattern, repl, string, count=count)


def strftime_now(format):
    return datetime.datetime.fromtimestamp(NOW).strftime(format)


def environment(mode, options):
    """That of lmms-eval's tasks, or the one that transformers' apply_chat_template makes."""
    if mode == "chat":
        env = _cached_compile_jinja_template("").environment
        env.globals["strftime_now"] = strftime_now
    else:
        strict = options.get("strict_undefined", True)
        settings = {k: v for k, v in options.items() if k != "strict_undefined"}
        settings["undefined"] = jinja2.StrictUndefined if strict else jinja2.Undefined
        env = jinja2.Environment(extensions=[jinja2.ext.loopcontrols], **settings)
    env.filters["regex_replace"] = regex_replace
    del env.globals["lipsum"]
    return env


def expected(template, context, mode, options):
    try:
        text = environment(mode, options).from_string(template).render(json.loads(json.dumps(context)))
        return re.sub(r" at 0x[0-9a-f]+", "", text)
    except Exception as error:  # whatever jinja2 lets out is an error for us
        return error


@pytest.fixture(scope="module")
def driver():
    process = subprocess.Popen([DRIVER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8")
    yield process
    process.stdin.close()
    assert process.wait() == 0


def actual(driver, template, context, mode, options, **more):
    case = {"template": template, "context": context, "mode": mode, "options": options, "now": NOW, **more}
    driver.stdin.write(json.dumps(case) + "\n")
    driver.stdin.flush()
    line = driver.stdout.readline()
    assert line, f"the driver died on {template!r}"
    return json.loads(line)


def check(driver, template, context, mode="task", **options):
    want = expected(template, context, mode, options)
    got = actual(driver, template, context, mode, options)
    if isinstance(want, Exception):
        assert "error" in got, f"{template!r}\n jinja2: {want!r}\n    got: {got['text']!r}"
    else:
        assert got.get("text") == want, f"{template!r}\n jinja2: {want!r}\n    got: {got}"


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_expression(driver, expression):
    template = "{{ " + expression.replace("joined", "\njoined") + " }}"
    check(driver, template, CONTEXT)
    check(driver, template, CONTEXT, strict_undefined=False)
    check(driver, template, CONTEXT, "chat")


@pytest.mark.parametrize("template", TEMPLATES)
def test_template(driver, template):
    check(driver, template, CONTEXT)
    check(driver, template, CONTEXT, strict_undefined=False)
    check(driver, template, CONTEXT, trim_blocks=True)
    check(driver, template, CONTEXT, lstrip_blocks=True)
    check(driver, template, CONTEXT, keep_trailing_newline=True)
    check(driver, template, CONTEXT, "chat")


@pytest.mark.parametrize("conversation", CONVERSATIONS)
@pytest.mark.parametrize("family", CHATS)
def test_chat(driver, family, conversation):
    context = {"messages": CONVERSATIONS[conversation], "bos_token": "<s>", "eos_token": "</s>"}
    for more in ({}, {"add_generation_prompt": True}, {"add_generation_prompt": True, "tools": TOOLS},
                 {"tools": None, "enable_thinking": False, "add_generation_prompt": True, "add_vision_id": True}):
        check(driver, CHATS[family], {**context, **more}, "chat")


def test_raised_text_is_the_message(driver):
    got = actual(driver, "{{ raise_exception('roles must alternate') }}", {}, "chat", {})
    assert got == {"error": "roles must alternate"}


def test_expressions_have_values(driver):
    for expression, value in [("nums|sort", [1, 2, 3]), ("d.items()", [["b", 2], ["a", 1], ["C", 3]]), ("f * 2", 5.0),
                              ("range(3)", [0, 1, 2]), ("nothing", None), ("name|upper, 1", ["WORLD", 1])]:
        assert actual(driver, expression, CONTEXT, "task", {}, expression=True) == {"value": value}
    assert "error" in actual(driver, "missing", CONTEXT, "task", {}, expression=True)
    assert "error" in actual(driver, "name }}", CONTEXT, "task", {}, expression=True)
