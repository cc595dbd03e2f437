"""Synthetic docs of a task's own schema: made at random from a seed, kept when lm-eval's own code can read them."""

from __future__ import annotations

import hashlib
import random
from typing import Any

from . import schema
from .schema import Shape

DOCS = {"eval": 11, "other": 8}
TRIES = 120

PLAIN = [
    "What is the capital of France?", "The quick brown fox jumps over the lazy dog.", "Two plus two equals four.",
    "a", "yes", "no", "Paris", "an apple and a pear", "It depends: on what, exactly?", "He said \"no\" and left.",
    "It's John's book", "A (B) C [D] {E}", "first line\nsecond line", " leading and trailing ", "tab\tseparated",
    "3.14", "42", "-7", "1,234", "$12.50", "50%", "#### 17", "x^2 + \\frac{1}{2}", "C:\\temp\\new", "<b>bold</b> & more",
    "The answer is (C).", "Therefore, the answer is B", "end\n\nnew paragraph", "...", "UPPER lower MiXeD",
    "state-of-the-art, well-known; e.g. this", "comma,separated,values", "question? (yes) or (no)",
]  # fmt: skip
UNICODE = [
    "Straße über Köln", "Привет, мир", "你好，世界。今天怎么样？", "こんにちは、元気ですか", "안녕하세요 여러분", "مرحبا بالعالم",
    "नमस्ते दुनिया", "naïve café — “quoted”", "e\u0301 combining", "emoji 😀👍🏽 here", "ß İ ı ſ K", "ไทยไม่มีช่องว่าง",
    "٣٫١٤", "x\u00a0y\u2003z", "ελληνικά; ναι", "ትግርኛ ቋንቋ፡ እዩ።", "\u200bzero width", "ﬁ ligature ½ ²",
]  # fmt: skip


class Maker:
    """Makes docs of one shape. Every doc that is kept is different: lm-eval compares docs, not their places."""

    def __init__(self, root: Shape, config: dict[str, Any], seed: str) -> None:
        self.root = root
        self.config = config
        self.random = random.Random(int.from_bytes(hashlib.sha256(seed.encode()).digest()[:8], "big"))
        self.serial = 0
        self.kinds: dict[int, str] = {}
        self._settle(root)

    def _settle(self, shape: Shape) -> None:
        """One type a column, chosen once: a column has one type."""
        if id(shape) in self.kinds:
            return
        self.kinds[id(shape)] = self._kind(shape)
        for child in list(shape.fields.values()) + ([shape.item] if shape.item else []):
            self._settle(child)

    def _kind(self, shape: Shape) -> str:
        if shape.role == "choice" and shape.kind is None:
            return "list"
        if shape.kind is not None:
            return shape.kind
        if shape.values:
            return "int" if all(isinstance(value, int) for value in shape.values) else "text"
        if shape.role == "target":
            return self._target_kind()
        return "text"

    def _target_kind(self) -> str:
        chance = self.random.random()
        output = self.config.get("output_type")
        if output in ("loglikelihood", "loglikelihood_rolling"):
            return "text"
        if output == "multiple_choice":
            if self.config.get("doc_to_choice") is None:
                return "text"
            if self.config.get("num_fewshot"):  # lm-eval has no example whose answer is several indices
                return "gold index" if chance < 0.6 else "gold text"
            single = all(metric.get("metric") in ("acc", "acc_norm", "exact_match", "acc_bytes")
                         for metric in self.config.get("metric_list") or [])  # fmt: skip
            return "gold index" if chance < 0.6 else "gold text" if chance < 0.85 or not single else "gold list"
        if self.config.get("doc_to_choice") is not None:
            return "gold index"
        exact = all(metric.get("metric") == "exact_match" for metric in self.config.get("metric_list") or [])
        if chance >= 0.85 and exact:
            return "text list"
        return "int" if chance >= 0.7 and not self.config.get("num_fewshot") else "text"  # an example's answer is a text

    def text(self, empty: float = 0.06) -> str:
        chance = self.random.random()
        if chance < empty:
            return ""
        pool = UNICODE if self.random.random() < 0.35 else PLAIN
        words = [self.random.choice(pool)]
        if self.random.random() < 0.5:
            words.append(self.random.choice(PLAIN + UNICODE))
        if self.random.random() < 0.6:
            self.serial += 1
            words.insert(self.random.randrange(len(words) + 1), f"n{self.serial}")
        return " ".join(words)

    def value(self, shape: Shape, lists: dict[int, list], size: int = 2) -> Any:
        kind = self.kinds[id(shape)]
        if shape.nullable and self.random.random() < 0.4:
            return None
        if shape.member_of is not None:
            items = lists.get(id(shape.member_of))
            return self.random.choice(items) if items else self.text()
        if shape.index_of is not None:
            items = lists.get(id(shape.index_of))
            return self.random.randrange(len(items)) if items else 0
        if shape.values and kind not in ("list", "dict"):
            return self._one_of(shape, kind)
        if kind == "int":
            return self.random.randrange(shape.below) if shape.below else self.random.randrange(0, 4)
        if kind == "dict":
            size = self.random.randrange(2, 6)  # lists side by side go together
            return {name: self.value(child, lists, size) for name, child in self._ordered(shape)}
        if kind == "list":
            length = max(shape.least, size)
            element = shape.element()
            self._settle(element)
            made = list("ABCDE"[:length]) if shape.labels else [self.value(element, lists) for _ in range(length)]
            lists[id(shape)] = made
            return made
        if kind in ("gold index", "gold text", "gold list"):
            return 0  # filled in when the choices are known
        if kind == "text list":
            return [self.text() for _ in range(self.random.randrange(1, 4))]
        return str(self.random.randrange(1, 5)) if shape.digits else self.text(0.0 if shape.role == "choice" else 0.06)

    def _one_of(self, shape: Shape, kind: str) -> Any:
        values = [value for value in shape.values if isinstance(value, int) == (kind == "int")]
        return self.random.choice(values or shape.values)

    def _ordered(self, shape: Shape) -> list[tuple[str, Shape]]:
        """Lists first: others point into them."""
        return sorted(shape.fields.items(), key=lambda pair: self.kinds[id(pair[1])] not in ("list", "dict"))

    def doc(self) -> dict[str, Any]:
        made = self.value(self.root, {})
        return {name: made[name] for name in sorted(made)} or {"id": self.random.randrange(10**6)}

    def fill_gold(self, doc: dict[str, Any], choices: list[str]) -> None:
        for name, shape in self.root.fields.items():
            kind = self.kinds[id(shape)]
            if not kind.startswith("gold"):
                continue
            gold = self.random.randrange(len(choices))
            if kind == "gold list":
                doc[name] = sorted(self.random.sample(range(len(choices)), self.random.randrange(1, len(choices) + 1)))
            else:
                doc[name] = gold if kind == "gold index" else choices[gold]


class Judge:
    """Reads docs with lm-eval's own code."""

    def __init__(self, config: dict[str, Any], columns: list[str]) -> None:
        from lm_eval.api.task import ConfigurableTask
        from lm_eval.config.task import TaskConfig

        fields = {key: value for key, value in config.items() if key not in ("tag", "group", "task_list", "include")}
        self.task = ConfigurableTask.__new__(ConfigurableTask)
        self.task._config = TaskConfig(**fields)
        self.task.prompt = None
        self.task.features = columns
        self.output = self.task.config.output_type

    def choices(self, doc: dict) -> list[str] | None:
        return self.task.doc_to_choice(doc) if self.task.config.doc_to_choice is not None else None

    def accepts(self, doc: dict, first: bool) -> str:
        """Empty, or why not. The first doc of a split decides how lm-eval sees all of them, so it has to be ordinary."""
        fewshot = self.task.config.fewshot_config
        text = self.task.doc_to_text(doc)
        choices = self.choices(doc)
        target = self.task.doc_to_target(doc)
        self.task.resolve_field(doc, self.task.config.description)
        self.task.doc_to_prefix(doc)
        if fewshot.samples is None:
            self.task.doc_to_text(doc, fewshot.doc_to_text)
            self.task.doc_to_target(doc, fewshot.doc_to_target)
        if choices is not None and (not isinstance(choices, list) or len(choices) < 2
                                    or not all(isinstance(choice, str) for choice in choices)):  # fmt: skip
            return "choices are no texts"
        if first and choices is not None and not all(choices):
            return "the first doc has an empty choice"
        if not isinstance(text, str) and not (isinstance(text, int) and choices is not None):
            return "the question is no text"
        if isinstance(text, int) and not 0 <= text < len(choices):
            return "the question is none of the choices"
        return self._target_problem(target, choices, isinstance(text, int))

    def _target_problem(self, target: Any, choices: list[str] | None, multiple_input: bool) -> str:
        if isinstance(target, bool) or target is None:
            return "no target"
        if self.output in ("loglikelihood", "loglikelihood_rolling"):
            return "" if isinstance(target, str) and target else "the target is no text"
        if multiple_input:
            return "" if isinstance(target, str) else "the target is no text"
        if choices is not None:
            golds = target if isinstance(target, list) else [target]
            for gold in golds:
                if isinstance(gold, int) and not 0 <= gold < len(choices):
                    return "the target is none of the choices"
                if isinstance(gold, str) and self.output == "multiple_choice" and gold not in choices:
                    return "the target is none of the choices"
                if not isinstance(gold, int) and self.output == "generate_until":
                    return "the target is no index"
            return "" if golds else "no target"
        if isinstance(target, list):
            return "" if target and all(isinstance(item, str) for item in target) else "targets are no texts"
        return "" if isinstance(target, (str, int, float)) else "the target has no type that is scored"


def splits_of(config: dict[str, Any]) -> list[str]:
    named = [config.get(f"{kind}_split") for kind in ("training", "validation", "test", "fewshot")]
    named.append((config.get("fewshot_config") or {}).get("split"))
    return list(dict.fromkeys(name for name in named if name))


class NoDocs(Exception):
    """No doc was found that lm-eval reads."""


def _fill(maker: Maker, judge: Judge, count: int, seen: set[str], problems: dict[str, int]) -> list[dict]:
    docs: list[dict] = []
    for _ in range(TRIES):
        if len(docs) == count:
            break
        doc = maker.doc()
        try:
            if any(kind.startswith("gold") for kind in maker.kinds.values()):
                maker.fill_gold(doc, judge.choices(doc) or [""])
            problem = judge.accepts(doc, first=not docs)
        except Exception as error:  # noqa: BLE001 - whatever the template says is an answer
            problem = f"{type(error).__name__}: {error}"
        key = repr(doc)
        if problem or key in seen:
            problems[problem or "the same doc again"] = problems.get(problem or "the same doc again", 0) + 1
            continue
        seen.add(key)
        docs.append(doc)
    return docs


def make(config: dict[str, Any]) -> dict[str, list[dict]]:
    """Docs for every split that the YAML names. Types that the templates leave open are tried one after another."""
    problems: dict[str, int] = {}
    for attempt in range(24):
        root = schema.of_config(config)
        _vary(root, attempt)
        maker = Maker(root, config, f"{config['task']}/{attempt}")
        judge = Judge(config, sorted(root.fields) or ["id"])
        seen: set[str] = set()
        evaluated = config.get("test_split") or config.get("validation_split")
        made = {}
        for split in splits_of(config):
            made[split] = _fill(maker, judge, DOCS["eval" if split == evaluated else "other"], seen, problems)
            if len(made[split]) < 7:
                break
        else:
            return made
    worst = max(problems, key=problems.get) if problems else "no split is named"
    raise NoDocs(worst[:200])


def _vary(root: Shape, attempt: int) -> None:
    """Attempt 0 is what the templates say; the next ones change the type of one field after another."""
    if attempt == 0:
        return
    names = sorted(root.fields)
    kinds = ["int", "list", "text", "digits"]
    choice = attempt - 1
    if not names:
        return
    shape = root.fields[names[choice % len(names)]]
    kind = kinds[(choice // len(names)) % len(kinds)]
    shape.values = []
    if kind == "digits":
        shape.kind, shape.digits = "text", True
    else:
        shape.kind = kind
