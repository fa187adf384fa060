"""The walls of the house: slices are entered through their doors, models touch nothing, drivers stay in the store.

The order of the slices is held by import-linter (`make layers`); what it cannot say is said here.
"""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

import beleef

ROOT = Path(beleef.__file__).parent
TESTS = Path(__file__).parent

FOUNDATIONS = {"kernel", "facts", "stats", "store", "ui"}
"""Rooms that everybody may use in full; every other room is a slice with doors."""

OUTER_DOORS = {"api", "work", "http", "pages", "portal", "tables"}
"""What the files directly in ``src/beleef`` may enter a slice by: they put the slices together, build and run them."""

FURTHER_DOORS = {
    "beleef.access.desk": "every slice's pages are opened and answered at it",
    "beleef.access.door": "every slice's routes ask it who is asking",
    "beleef.access.model": "the types in which it answers",
    "beleef.audiences.pages.ruling": "a rule as a form, on every page that decides for whom something is",
    "beleef.profiles.customers": "reads people for pages that list or name them",
    "beleef.profiles.pages": "how people and their values are written on such pages",
}
"""Doors beside ``api`` that every slice may use, and why."""

ASSEMBLY_DOORS = {
    "beleef.campaigns.applying": "`beleef apply` and `beleef campaigns simulate` read and compare whole files",
    "beleef.audiences.handing_over": "hands audiences over in the sender's process, built with the open stores",
    "beleef.audiences.answers": "what programs and commands ask of audiences, built with the open stores",
    "beleef.collect.bulk": "`beleef import` runs it with a progress bar",
    "beleef.collect.decode": "the worker names the facts of a request that no step can work on",
    "beleef.collect.doors": "the ASGI app for collecting, which the web process calls without a framework around it",
    "beleef.collect.importing": "`beleef import` reads a mapping before it opens anything",
    "beleef.collect.intake": "the group commit, which lives as long as the web process",
    "beleef.feedback.applying": "`beleef apply` takes surveys out of files and compares them",
    "beleef.feedback.cli": "the command `beleef surveys`, which the command line puts in",
    "beleef.demo.model": "the demo's own constants, for the help of `beleef demo`",
    "beleef.feedback.respondent": "the pages on which customers answer, and the widget, which no staff page is",
    "beleef.profiles.defaults": "the computed traits that the demo starts with",
    "beleef.feedback.voices": "reads comments in the worker, and forgets those of erased people",
    "beleef.profiles.filling": "counts the past in new definitions, with the open stores",
    "beleef.profiles.people": "reading a person over all slices, built with the open stores",
    "beleef.support.knowledge": "articles, and the step that counts how they are used",
    "beleef.profiles.records": "gives the matcher, which is identity's, people to compare",
}
"""Doors that only the files directly in ``src/beleef`` may use, and why."""

DRIVERS = {"duckdb", "ibis", "nats", "psycopg", "pyarrow", "pyspark", "s3fs", "sqlite3"}

DRIVERS_ELSEWHERE = {
    "beleef.audiences.everyone": "the second execution of rules is an Ibis expression",
    "beleef.audiences.facts_in_history": "the facts it reads",
    "beleef.audiences.history_traits": "what it works out from them",
    "beleef.audiences.history_values": "how it compares values",
    "beleef.collect.importing": "reads the customer's own files, which are no store of ours",
    "beleef.identity.matching": "Splink compares records inside DuckDB",
}
"""Where else a driver may be used, and why."""

INPUT_OUTPUT = DRIVERS | {
    "asyncio",
    "httpx",
    "io",
    "logging",
    "os",
    "random",
    "requests",
    "secrets",
    "shutil",
    "smtplib",
    "socket",
    "sqlalchemy",
    "structlog",
    "subprocess",
    "sys",
    "tempfile",
    "threading",
    "time",
    "urllib.request",
}
MOMENTARY = {"now", "today", "utcnow", "uuid1", "uuid4"}
"""Functions whose outcome depends on when or where they run."""

HTTP_FILES = {"http", "pages", "portal", "cli", "app"}
JUNK_DRAWERS = {
    "utils",
    "util",
    "helpers",
    "helper",
    "common",
    "core",
    "misc",
    "services",
    "managers",
    "shared",
}
MOST_LINES = 600


class Module:
    """A source file: its dotted name and what it imports."""

    def __init__(self, path: Path) -> None:
        parts = path.relative_to(ROOT.parent).with_suffix("").parts
        self.path = path
        self.name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        self.tree = ast.parse(path.read_text())

    @property
    def room(self) -> str:
        """The top-level folder or file it is in."""
        return room(self.name)

    @property
    def file(self) -> str:
        """The last part of its name: the hop, in a slice."""
        return self.name.rpartition(".")[2]

    def imports(self) -> Iterator[str]:
        """Yield the full name of everything imported, ``from a import b`` as ``a.b``, but for types only."""
        for node in _at_work(self.tree):
            if isinstance(node, ast.Import):
                yield from (alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                assert node.level == 0, f"{self.name} imports relatively; write the whole name"
                yield from (f"{node.module}.{alias.name}" for alias in node.names)

    def calls(self) -> Iterator[str]:
        """Yield the name of every function called, ``a.b()`` as ``b``."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Call):
                match node.func:
                    case ast.Name(id=name) | ast.Attribute(attr=name):
                        yield name


def room(name: str) -> str:
    return name.split(".")[1] if "." in name else ""


@cache
def modules() -> tuple[Module, ...]:
    return tuple(Module(path) for path in sorted(ROOT.rglob("*.py")))


@cache
def names() -> frozenset[str]:
    return frozenset(module.name for module in modules())


def inner_module(imported: str) -> str:
    """Return the module of an imported name: itself, or the one of ours that it is defined in."""
    return (
        imported.rpartition(".")[0]
        if imported.startswith("beleef.") and imported not in names()
        else imported
    )


def is_in(name: str, places: dict[str, str]) -> bool:
    return any(name == place or name.startswith(f"{place}.") for place in places)


def test_the_house_is_found() -> None:
    assert "beleef.kernel.errors" in names()


def test_a_slice_is_entered_only_through_its_door() -> None:
    trespassers = []
    for module in modules():
        for imported in map(inner_module, module.imports()):
            if not imported.startswith("beleef.") or room(imported) in FOUNDATIONS | {module.room}:
                continue
            doors = OUTER_DOORS if module.name.count(".") == 1 else {"api"}
            further = FURTHER_DOORS | (ASSEMBLY_DOORS if module.name.count(".") == 1 else {})
            door = imported.split(".")[2:3]
            if door and door[0] not in doors and not is_in(imported, further):
                trespassers.append(f"{module.name} enters {imported}")
    assert trespassers == []


def test_a_model_touches_nothing_but_its_arguments() -> None:
    impure = []
    for module in modules():
        if module.file != "model" and module.room != "stats":
            continue
        impure += [
            f"{module.name} imports {name}" for name in module.imports() if _starts_with(name, INPUT_OUTPUT)
        ]
        impure += [f"{module.name} calls {name}()" for name in module.calls() if name in MOMENTARY | {"open"}]
        same_slice = [
            inner_module(name).rpartition(".") for name in module.imports() if room(name) == module.room
        ]
        impure += [
            f"{module.name} imports {name}" for _, _, name in same_slice if name in {"queries", "api", "work"}
        ]
    assert impure == []


def test_only_the_store_knows_a_driver() -> None:
    knowing = [
        f"{module.name} imports {name}"
        for module in modules()
        if module.room != "store" and not is_in(module.name, DRIVERS_ELSEWHERE)
        for name in module.imports()
        if _starts_with(name, DRIVERS)
    ]
    assert knowing == []


def test_only_the_store_speaks_sql_as_text() -> None:
    assert [module.name for module in modules() if module.room != "store" and _writes_sql(module.tree)] == []


def test_routes_pages_and_commands_leave_the_database_to_the_api() -> None:
    short_cuts = [
        f"{module.name} imports {name}"
        for module in modules()
        if module.file in HTTP_FILES - {"app"}
        and module.name != "beleef.cli"
        and module.room not in FOUNDATIONS
        for name in map(inner_module, module.imports())
        if _starts_with(name, {"sqlalchemy"})
        or (room(name) == module.room and name.endswith((".queries", ".tables")))
    ]
    assert short_cuts == []


def test_every_exception_to_a_wall_is_still_needed() -> None:
    imported = {(module, inner_module(name)) for module in modules() for name in module.imports()}
    unused = [
        door
        for door in FURTHER_DOORS | ASSEMBLY_DOORS
        if not any(is_in(name, {door: ""}) and module.room != room(door) for module, name in imported)
    ]
    unused += [
        place
        for place in DRIVERS_ELSEWHERE
        if not any(
            is_in(module.name, {place: ""}) and _starts_with(name, DRIVERS) for module, name in imported
        )
    ]
    assert unused == []


def test_nothing_prints_but_through_the_command_line() -> None:
    assert [
        module.name
        for module in modules()
        if "print" in module.calls() and module.file not in {"cli", "printing"}
    ] == []


def test_the_product_does_not_know_its_tests() -> None:
    knowing = [
        f"{module.name} imports {name}"
        for module in modules()
        for name in module.imports()
        if _starts_with(name, {"tests", "bench", "pytest"})
    ]
    assert knowing == []


def test_no_folder_or_file_is_a_junk_drawer() -> None:
    # The tests' own servers are services in the word's plain sense.
    drawers = [path for path in ROOT.rglob("*") if path.stem in JUNK_DRAWERS]
    drawers += [
        path for path in TESTS.rglob("*.py") if {path.stem, path.parent.name} & (JUNK_DRAWERS - {"services"})
    ]
    assert drawers == []


def test_every_room_says_what_it_is_for() -> None:
    silent = [
        str(path) for path in ROOT.rglob("__init__.py") if not ast.get_docstring(ast.parse(path.read_text()))
    ]
    assert silent == []


def test_no_room_is_empty() -> None:
    empty = [str(path.parent) for path in ROOT.rglob("__init__.py") if not _has_more(path.parent)]
    assert empty == []


@pytest.mark.parametrize("place", [ROOT, TESTS], ids=["src", "tests"])
def test_no_file_is_longer_than_a_newcomer_reads(place: Path) -> None:
    # Nobody reads a schema from its beginning to its end, and nobody may cut one that was applied.
    written = [path for path in place.rglob("*.py") if path.parent.name != "versions"]
    lengths = {str(path): len(path.read_text().splitlines()) for path in written}
    assert {path: length for path, length in lengths.items() if length > MOST_LINES} == {}


def _at_work(tree: ast.AST) -> Iterator[ast.AST]:
    """Yield all nodes but those that only a type checker sees."""
    for node in ast.iter_child_nodes(tree):
        match node:
            case ast.If(test=ast.Name(id="TYPE_CHECKING")):
                for other in node.orelse:
                    yield other
                    yield from _at_work(other)
            case _:
                yield node
                yield from _at_work(node)


def _starts_with(name: str, packages: set[str]) -> bool:
    return any(name == package or name.startswith(f"{package}.") for package in packages)


def _has_more(folder: Path) -> bool:
    return any(path.name not in {"__init__.py", "__pycache__"} for path in folder.iterdir())


def _writes_sql(tree: ast.Module) -> bool:
    """Whether SQL stands in it as a string; what SQLAlchemy compiled from a statement does not count."""
    return any(
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in {"exec_driver_sql", "text"}
        and bool(node.args)
        and isinstance(node.args[0], ast.Constant | ast.JoinedStr)
        for node in ast.walk(tree)
    )
