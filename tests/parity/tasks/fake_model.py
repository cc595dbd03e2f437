"""A model that both sides ask: its answers are a hash of the request, exact in binary. task_driver.cpp has the same one."""

from __future__ import annotations

import hashlib

LETTERS = "ABCDE"
TEXTS = [
    "yes", "No.", "42", "I don't know\nreally", "Straße über Köln", "你好，世界。", "\\boxed{7}", "Paris, France",
]  # fmt: skip


def digest(*parts: str) -> bytes:
    return hashlib.sha256("\x1f".join(parts).encode("utf-8", "surrogatepass")).digest()


def loglikelihood(context: str, continuation: str) -> tuple[float, bool]:
    bits = digest("loglikelihood", context, continuation)
    return -((bits[0] * 256 + bits[1]) % 8192 + 1) / 64.0, bits[2] % 4 == 0


def rolling(text: str) -> float:
    bits = digest("loglikelihood_rolling", text)
    return -((bits[0] * 256 + bits[1]) % 8192 + 1) / 64.0


def answer(context: str, until: list[str], repeat: int, gold: str) -> str:
    bits = digest("generate_until", context, "\x1e".join(until), str(repeat))
    letter, number = LETTERS[bits[1] % 5], str(bits[1])
    return [
        gold,
        gold,
        gold,
        gold + ".",
        " " + gold + "\n",
        f"The answer is ({letter}).",
        letter,
        f"So we get 12 * 3 = 36.\n#### {number}",
        "",
        f"The answer is {gold}.\n\nQ: next",
        f"({gold})",
        f"Answer: ${number},000.50",
        TEXTS[bits[1] % len(TEXTS)],
        f"({letter}) {gold}",
        f"<think>hmm {letter}</think>{gold}",
        f"{gold} {gold}",
    ][bits[0] % 16]


def chat(messages: list[dict], add_generation_prompt: bool = True) -> str:
    """A chat template of one line a turn; a turn that the model is to go on with stays open."""
    text = ""
    for i, message in enumerate(messages):
        is_open = not add_generation_prompt and i + 1 == len(messages)
        text += f"<{message['role']}>{message['content']}" + ("" if is_open else f"</{message['role']}>\n")
    return text + ("<assistant>" if add_generation_prompt else "")
