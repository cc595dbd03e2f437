"""The functions of lmms-eval's benchmarks, each file by itself, and random answers to give them."""

from __future__ import annotations

import ast
import functools
import importlib.util
import pathlib
import random
import sys
import types

COUNT = 10_000

OPTIONS = ["Paris", "London, UK", "A book", "the red car", "12.5 cm", "nan", "Straße", "None of the above"]
PIECES = [
    "The answer is", "answer is", "Answer:", "the correct answer is", "The best option is", "Best answer:", "i choose", "I pick",
    "정답은", "答案是", "选", "答えは", "Option", "option", "choice", "CHOICE IS", "ANSWER", "answers is",
    "A", "B", "C", "D", "E", "F", "a", "b", "c", "(A)", "(B)", "(C)", "(D)", "(E)", "(a)", "A.", "B.", "C.", "D.", "E.", "A:", "B:", "C)", "D)",
    "A,", "B).", "(C).", ":D", ":A.", "[B]", "{C}", "#D", "Z", "A]", "USA.", "A cat", "Because", "Blue", "B, not D",
    ".", ",", "!", "?", ";", ":", "'", '"', "\n", "\n\n", " ", "  ", "\t", "\u3000", "é", "ßB", "中", "😀", "1", "12.5", "1,000", "$5",
    "Sorry, I can't help with images of people yet.", "Cannot determine the answer", "I can't process this file.",
    "Failed to obtain answer via API", "it", "is", "think", "so", "we", "have", "to", "choose", *OPTIONS,
]  # fmt: skip


def answers(seed: str, count: int = COUNT) -> list[str]:
    draw = random.Random(seed)
    texts = ["", " ", "\n", *PIECES]
    while len(texts) < count:
        pieces = [draw.choice(PIECES) for _ in range(draw.choice([1, 1, 2, 2, 3, 4, 6, 9, 14]))]
        texts.append(draw.choice(["", " ", " ", "\n"]).join(pieces))
    return texts


@functools.lru_cache
def module(path: str) -> types.ModuleType:
    """A benchmark's file, by itself: what it imports beside the standard library is of no use here."""
    spec = importlib.util.find_spec("lmms_eval")
    assert spec is not None and spec.origin is not None
    file = pathlib.Path(spec.origin).parent / "tasks" / path
    source = file.read_text(encoding="utf-8")
    found = types.ModuleType(path)
    found.__file__ = str(file)
    tree = compile(only_definitions(source), str(file), "exec")
    sys.modules.setdefault(path, found)
    found.__dict__.update(eval_logger=types.SimpleNamespace(**dict.fromkeys(("info", "debug", "warning"), lambda *a, **k: None)))
    exec(tree, found.__dict__)
    return found


def is_literal(value: ast.expr) -> bool:
    try:
        ast.literal_eval(value)
    except ValueError:
        return False
    return True


def only_definitions(source: str):
    """Functions, classes with plain methods, constants, and the imports that are there; no code that asks for packages."""
    wanted = {"re", "random", "string", "os", "copy", "numpy", "math", "typing", "collections"}
    body: list[ast.stmt] = [ast.ImportFrom("__future__", [ast.alias("annotations")], 0)]
    for node in ast.parse(source).body:
        if isinstance(node, ast.Import):
            names = [alias for alias in node.names if alias.name.split(".")[0] in wanted]
            if names:
                body.append(ast.Import(names))
        elif isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in wanted:
            body.append(node)
        elif isinstance(node, ast.Assign) and is_literal(node.value):
            body.append(node)
        elif isinstance(node, ast.FunctionDef):
            node.decorator_list = []
            body.append(node)
        elif isinstance(node, ast.ClassDef) and all(isinstance(base, ast.Name) and base.id == "object" for base in node.bases):
            body.append(node)
    return ast.fix_missing_locations(ast.Module(body, []))
