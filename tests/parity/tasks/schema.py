"""What a template wants of its fields, read from its syntax tree: names, nesting, types, and the values it compares with."""

from __future__ import annotations

import dataclasses
import re
from typing import Any

import jinja2
from jinja2 import nodes

TEXT_METHODS = {
    "strip", "lstrip", "rstrip", "split", "rsplit", "replace", "lower", "upper", "capitalize", "title", "startswith",
    "endswith", "find", "splitlines", "isdigit", "removeprefix", "removesuffix", "partition",
}  # fmt: skip
TEXT_FILTERS = {"trim", "lower", "upper", "capitalize", "title", "replace", "regex_replace", "wordcount"}
LIST_FILTERS = {"join", "map", "list", "sort", "unique", "select", "reject", "sum"}

_environment = jinja2.Environment()
_environment.filters["regex_replace"] = lambda *args: ""


@dataclasses.dataclass
class Shape:
    """One field. `kind` is text, int, list, dict or None where nothing tells; then it is text."""

    kind: str | None = None
    fields: dict[str, "Shape"] = dataclasses.field(default_factory=dict)
    item: "Shape | None" = None
    least: int = 0  # a list has at least so many items
    values: list[Any] = dataclasses.field(default_factory=list)  # it is one of these
    below: int | None = None  # an int smaller than this
    member_of: "Shape | None" = None  # it is an item of that list
    index_of: "Shape | None" = None  # it is an index into that list
    digits: bool = False  # a text that int() reads
    nullable: bool = False
    role: str = ""  # "text", "target", "choice": it is the whole of that field
    labels: bool = False  # a list of different short names, one of which is looked up

    def field(self, name: str) -> "Shape":
        self.kind = "dict"
        return self.fields.setdefault(name, Shape())

    def element(self) -> "Shape":
        self.kind = "list"
        if self.item is None:
            self.item = Shape()
        return self.item

    def be(self, kind: str) -> "Shape":
        if self.kind is None:
            self.kind = kind
        return self


def is_column(text: Any) -> bool:
    """Does this read as a column's name rather than as a template? lm-eval asks the data; here the data is made to fit."""
    return isinstance(text, str) and re.fullmatch(r"[A-Za-z_][\w-]*", text) is not None


class _Reader:
    def __init__(self, root: Shape) -> None:
        self.root = root
        self.locals: dict[str, Shape | None] = {}

    def read(self, template: str) -> None:
        try:
            tree = _environment.parse(template)
        except jinja2.TemplateSyntaxError:
            return
        self.locals = {}
        self.visit(tree)

    def visit(self, node: nodes.Node) -> None:
        if isinstance(node, nodes.For):
            self.loop(node)
        elif isinstance(node, nodes.Assign):
            shape = self.shape(node.node)
            if isinstance(node.target, nodes.Name):
                self.locals[node.target.name] = shape
        elif isinstance(node, nodes.Expr):
            self.shape(node)
        else:
            for child in node.iter_child_nodes():
                self.visit(child)

    def loop(self, node: nodes.For) -> None:
        over = self.shape(node.iter)
        element = over.element() if over is not None else None
        if isinstance(node.target, nodes.Name):
            self.locals[node.target.name] = element
        else:
            for name in node.target.find_all(nodes.Name):
                self.locals[name.name] = None
        self.locals["loop"] = None
        for child in [node.test, *node.body, *node.else_]:
            if child is not None:
                self.visit(child)

    def shape(self, node: nodes.Node) -> Shape | None:
        """The field that the expression is, where it is one; what it says about others is noted on the way."""
        handler = getattr(self, "on_" + type(node).__name__.lower(), None)
        if handler is not None:
            return handler(node)
        for child in node.iter_child_nodes():
            self.visit(child)
        return None

    def on_name(self, node: nodes.Name) -> Shape | None:
        if node.name in self.locals:
            return self.locals[node.name]
        if node.name in ("range", "dict", "namespace", "lipsum", "cycler", "joiner"):
            return None
        return self.root.field(node.name)

    def on_getattr(self, node: nodes.Getattr) -> Shape | None:
        base = self.shape(node.node)
        return base.field(node.attr) if base is not None else None

    def on_getitem(self, node: nodes.Getitem) -> Shape | None:
        base = self.shape(node.node)
        if isinstance(node.arg, nodes.Slice):
            for bound in (node.arg.start, node.arg.stop):
                shape = self.shape(bound) if bound is not None else None
                if shape is not None:
                    shape.be("int")
            return base
        key = node.arg
        if isinstance(key, nodes.Neg):
            if base is not None:
                base.element()
                base.least = max(base.least, 1)
                return base.item
            return None
        if isinstance(key, nodes.Const):
            if base is None:
                return None
            if isinstance(key.value, str):
                return base.field(key.value)
            if base.kind == "text":
                return None
            base.element()
            base.least = max(base.least, int(key.value) + 1)
            return base.item
        index = self.shape(key)
        if isinstance(node.node, nodes.List) and index is not None:
            index.be("int").below = len(node.node.items)
        elif isinstance(node.node, nodes.Dict) and index is not None:
            index.values += [pair.key.value for pair in node.node.items if isinstance(pair.key, nodes.Const)]
        elif base is not None:
            base.element()
            if index is not None:
                index.be("int").index_of = base
            return base.item
        return None

    def on_call(self, node: nodes.Call) -> Shape | None:
        arguments = [self.shape(argument) for argument in node.args]
        if arguments and arguments[0] is None and isinstance(node.node, nodes.Getattr) and node.node.attr == "index":
            self.on_index_of_sum(node.node.node, node.args[0])
        for keyword in node.kwargs:
            self.visit(keyword.value)
        if not isinstance(node.node, nodes.Getattr):
            return None
        base = self.shape(node.node.node)
        method = node.node.attr
        if method == "index" and arguments:
            self.on_index(node.node.node, base, arguments[0])
        elif method in ("items", "keys", "values"):
            if base is not None:
                base.be("dict")
        elif method in TEXT_METHODS and base is not None:
            base.be("text")
            if method in ("strip", "lstrip", "rstrip"):
                return base  # what is asked of the stripped text is asked of the text
        return None

    def on_index(self, where: nodes.Node, base: Shape | None, wanted: Shape | None) -> None:
        if wanted is None:
            return
        if isinstance(where, nodes.List):
            constants = [item.value for item in where.items if isinstance(item, nodes.Const)]
            if constants:
                wanted.values += constants
        elif base is not None:
            base.element()
            base.labels = True
            wanted.member_of = base

    def on_index_of_sum(self, where: nodes.Node, wanted: nodes.Node) -> None:
        """["answerA", "answerB"].index("answer" + letter)"""
        if not (isinstance(where, nodes.List) and isinstance(wanted, nodes.Add) and isinstance(wanted.left, nodes.Const)):
            return
        shape = self.shape(wanted.right)
        if shape is not None:
            shape.values += [item.value.removeprefix(wanted.left.value) for item in where.items]

    def on_filter(self, node: nodes.Filter) -> Shape | None:
        base = self.shape(node.node) if node.node is not None else None
        for argument in node.args:
            self.visit(argument)
        if base is None:
            return None
        if node.name in TEXT_FILTERS:
            base.be("text")
        elif node.name in LIST_FILTERS:
            attribute = next((word.value for word in node.kwargs if word.key == "attribute"), None)
            if base.kind != "text":
                element = base.element()
                if node.name == "map" and isinstance(attribute, nodes.Const):
                    element.field(attribute.value)
        elif node.name in ("int", "float"):
            base.digits = True
        elif node.name in ("first", "last"):
            return base.element() if base.kind != "text" else None
        return None

    def on_test(self, node: nodes.Test) -> Shape | None:
        base = self.shape(node.node)
        if base is not None and node.name == "none":
            base.nullable = True
        return None

    def on_compare(self, node: nodes.Compare) -> Shape | None:
        left = self.shape(node.expr)
        for operand in node.ops:
            right = self.shape(operand.expr)
            for shape, other in ((left, operand.expr), (right, node.expr)):
                if shape is None:
                    continue
                if isinstance(other, nodes.Const):
                    shape.values.append(other.value)
                elif isinstance(other, (nodes.List, nodes.Tuple)) and operand.op in ("in", "notin"):
                    shape.values += [item.value for item in other.items if isinstance(item, nodes.Const)]
        return None

    def arithmetic(self, node: nodes.BinExpr) -> Shape | None:
        left, right = self.shape(node.left), self.shape(node.right)
        for shape, other in ((left, node.right), (right, node.left)):
            if shape is None:
                continue
            if isinstance(node, nodes.Add) and not (isinstance(other, nodes.Const) and isinstance(other.value, int)):
                shape.be("text")
            elif isinstance(other, nodes.Const) and isinstance(other.value, int) or not isinstance(node, nodes.Add):
                shape.be("int")
        return None

    on_add = on_sub = on_mul = on_div = on_floordiv = on_pow = arithmetic


def of_config(config: dict[str, Any]) -> Shape:
    """The shape of one doc of a task."""
    root = Shape("dict")
    reader = _Reader(root)
    fewshot = config.get("fewshot_config") or {}
    for role in ("text", "target", "choice"):
        for owner in (config, fewshot):
            value = owner.get("doc_to_" + role)
            if is_column(value):
                shape = root.field(value)
                shape.role = shape.role or role
            elif isinstance(value, str):
                reader.read(value)
                alone = re.fullmatch(r"\s*\{\{\s*([A-Za-z_][\w.]*)\s*\}\}\s*", value)
                if alone:
                    shape = root
                    for name in alone[1].split("."):
                        shape = shape.field(name)
                    shape.role = shape.role or role
    for owner in (config, fewshot):
        for field in ("description", "gen_prefix"):
            if isinstance(owner.get(field), str):
                reader.read(owner[field])
    steps = [step.get("function") for entry in config.get("filter_list") or [] for step in entry.get("filter") or []]
    if "multi_choice_regex" in steps and "choices" not in root.fields:
        root.field("choices").element()  # the filter reads this column
    return root
