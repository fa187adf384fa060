"""Reads from the source what Beleef may refuse: every sentence that is given to an error where one is raised.

A formatted sentence becomes a message with places: ``f"There is no survey {name!r}."`` is ``There is no survey '%(name)s'.``
"""

import ast
from collections.abc import Iterator
from pathlib import Path

import beleef
from beleef.kernel import errors

SOURCE = Path(beleef.__file__).parent
ERRORS = frozenset(name for name, kind in vars(errors).items() if isinstance(kind, type))

ONLY_FOR_PROGRAMS = (
    "audiences/facts_in_history.py",
    "audiences/past.py",
    "campaigns/applying.py",
    "campaigns/expectations.py",
    "campaigns/fields.py",
    "campaigns/http.py",
    "campaigns/reading.py",
    "cli.py",
    "collect/body.py",
    "collect/bulk.py",
    "collect/doors.py",
    "collect/hooks.py",
    "collect/http.py",
    "collect/importing/",
    "commands.py",
    "contact/answers.py",
    "contact/channels/customers.py",
    "contact/channels/http.py",
    "contact/channels/provider/reports.py",
    "contact/channels/reporting.py",
    "contact/returning.py",
    "demo",
    "feedback/applying.py",
    "feedback/http.py",
    "feedback/notation.py",
    "file_commands.py",
    "identity/http.py",
    "identity/matching",
    "metrics/",
    "profiles/definition_http.py",
    "rebuilding.py",
    "serve.py",
    "settings.py",
    "store/files.py",
    "store/log/",
    "store/records/migrate.py",
    "store/warehouse/",
    "text/",
    "ui/",
    "worker.py",
)
"""Where sentences stay English: what a command, the API, a file in YAML or the operator of a server is told."""


def refusals(source: Path = SOURCE) -> dict[str, str]:
    """Return each sentence that a reader of a page may be refused with → the file that says it."""
    trees = {
        path.relative_to(source).as_posix(): ast.parse(path.read_text()) for path in source.rglob("*.py")
    }
    makers = {name for tree in trees.values() for name in _makers(tree)}
    return {
        sentence: place
        for place, tree in sorted(trees.items())
        if not place.startswith(ONLY_FOR_PROGRAMS)
        for sentence in _said(tree, makers)
    }


def _makers(tree: ast.Module) -> Iterator[str]:
    """Yield the functions that make an error of what they are given."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and node.returns and _name(node.returns) in ERRORS:
            yield node.name


def _said(tree: ast.Module, makers: set[str]) -> Iterator[str]:
    constants = {
        target.id: node.value
        for node in tree.body
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None
        for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
        if isinstance(target, ast.Name)
    }
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        name = _name(node.func)
        if name in ERRORS:
            given = [*node.args[:1], *(one.value for one in node.keywords if one.arg in {"message", "hint"})]
            yield from (text for one in given for text in _texts(one, constants))
        elif name in makers:
            given = [*node.args, *(one.value for one in node.keywords)]
            yield from (text for one in given for text in _texts(one, constants) if _is_sentence(text))


def _texts(node: ast.expr, constants: dict[str, ast.expr]) -> Iterator[str]:
    match node:
        case ast.Constant(value=str(text)) if text:
            yield text
        case ast.JoinedStr(values=parts) if any(_is_text(part) for part in parts):
            yield "".join(_places(parts))
        case ast.IfExp(body=one, orelse=other):
            yield from _texts(one, constants)
            yield from _texts(other, constants)
        case ast.Name(id=name) if name in constants:
            yield from _texts(constants[name], {})


def _places(parts: list[ast.expr]) -> Iterator[str]:
    taken: set[str] = set()
    for part in parts:
        if isinstance(part, ast.FormattedValue):
            place = _place(part.value, taken)
            taken.add(place)
            # repr() puts a text between these quotes, unless there is one in it.
            yield f"'%({place})s'" if part.conversion == ord("r") else f"%({place})s"
        elif isinstance(part, ast.Constant):
            yield str(part.value).replace("%", "%%")


def _place(value: ast.expr, taken: set[str]) -> str:
    """Return what a place is called: the last name in its expression, numbered where that is not enough."""
    names = [_name(node) for node in ast.walk(value) if isinstance(node, ast.Name | ast.Attribute)]
    name = _name(value) or next((one for one in names if one != "join"), "value")
    name = name.strip("_").lower()
    number = 2
    while name in taken:
        name, number = f"{name.rstrip('0123456789')}{number}", number + 1
    return name


def _name(node: ast.expr) -> str:
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""


def _is_text(part: ast.expr) -> bool:
    """Whether a part of a formatted text has a word of its own: mere punctuation between values is not to be translated."""
    return isinstance(part, ast.Constant) and any(sign.isalpha() for sign in str(part.value))


def _is_sentence(text: str) -> bool:
    return (" " in text and text[-1] in ".?!") or text.endswith(")s.")
