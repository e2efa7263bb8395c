"""What the import contracts cannot say."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ROOMS = {"lifecycle_client", "lifecycle_core", "tasks", "flows", "deployments", "benchmarks", "tests"}
CORE = sorted(path for path in (ROOT / "lifecycle_core").iterdir() if path.suffix == ".py" or (path / "__init__.py").exists())
WORLDS = {"time", "random", "secrets"}
"""Modules of which the core needs nothing: clocks and chance."""
ASKS_THE_WORLD = {
    ("datetime", "now"),
    ("datetime", "utcnow"),
    ("datetime", "today"),
    ("date", "today"),
    ("os", "environ"),
    ("os", "getenv"),
    ("os", "urandom"),
    ("random", "default_rng"),
    ("uuid", "uuid1"),
    ("uuid", "uuid4"),
}
OPENS = {"write", "read", "migrate"}
NO_DATABASES = {"os", "lock", "source", "answer", "copy", "Settings"}
"""Files, answers and a type, which are read and written too."""
MOST_LINES = 300
COLUMNS_OF_ALL_TABLES = {"lifecycle_core/store/tables.py"}


def _sources(place: Path) -> Iterator[tuple[str, ast.Module]]:
    for path in sorted(place.rglob("*.py")) if place.is_dir() else [place]:
        yield path.relative_to(ROOT).as_posix(), ast.parse(path.read_text())


def _asked(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Where a module asks a clock, chance or the environment, and for what, by whichever import."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, it.name) for it in node.names if it.name in WORLDS)
        elif isinstance(node, ast.ImportFrom):
            owner = (node.module or "").rpartition(".")[2]
            yield from ((node.lineno, f"{owner}.{it.name}") for it in node.names if owner in WORLDS or (owner, it.name) in ASKS_THE_WORLD)
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name | ast.Attribute):
            owner = node.value.id if isinstance(node.value, ast.Name) else node.value.attr
            if (owner, node.attr) in ASKS_THE_WORLD:
                yield node.lineno, f"{owner}.{node.attr}"


def _opened(tree: ast.Module) -> Iterator[int]:
    """Where a module opens a transaction, however the database is called there."""
    for node in ast.walk(tree):
        called = node.func if isinstance(node, ast.Call) else None
        if isinstance(called, ast.Attribute) and called.attr in OPENS and ast.unparse(called.value) not in NO_DATABASES:
            yield called.lineno


def test_every_top_level_package_is_a_room_of_the_house():
    assert {path.parent.name for path in ROOT.glob("*/__init__.py")} | {"tests"} == ROOMS


@pytest.mark.parametrize("room", CORE, ids=lambda path: path.stem)
def test_no_clock_no_chance_and_no_environment_in_the_core(room):
    for name, tree in _sources(room):
        assert [f"{name}:{line} asks {what}" for line, what in _asked(tree)] == []


@pytest.mark.parametrize(
    "source",
    [
        "from uuid import uuid4",
        "import time",
        "from time import monotonic",
        "import secrets",
        "from random import choice",
        "from os import environ",
        "from numpy.random import default_rng",
        "datetime.datetime.now(UTC)",
        "np.random.default_rng()",
    ],
)
def test_no_import_hides_a_clock_or_chance(source):
    assert list(_asked(ast.parse(source)))


@pytest.mark.parametrize("room", ["tasks", "flows", "deployments", "lifecycle_core/store"])
def test_only_operations_open_transactions(room):
    for name, tree in _sources(ROOT / room):
        assert [f"{name}:{line} opens a transaction" for line in _opened(tree)] == []


@pytest.mark.parametrize(
    "source", ["stack.enter_context(db.write(act))", "it = context.database().read()", "self.database.migrate()", "x.migrate()"]
)
def test_no_way_of_opening_a_transaction_is_overlooked(source):
    assert list(_opened(ast.parse(source)))


@pytest.mark.parametrize("room", ["deployments/http/routes", "deployments/cli"])
def test_routes_and_commands_leave_refusals_to_the_one_handler(room):
    for name, tree in _sources(ROOT / room):
        for node in ast.walk(tree):
            caught = isinstance(node, ast.ExceptHandler) and node.type is not None and "LifecycleError" in ast.unparse(node.type)
            assert not caught or name == "deployments/cli/main.py", f"{name}:{node.lineno} catches a refusal"


def test_no_file_is_two_rooms():
    lengths = {name: len((ROOT / name).read_text().splitlines()) for room in ROOMS - {"tests"} for name, _ in _sources(ROOT / room)}
    assert {name: lines for name, lines in lengths.items() if lines > MOST_LINES and name not in COLUMNS_OF_ALL_TABLES} == {}


def test_nothing_names_a_machine_or_an_index():
    for path in sorted(ROOT.rglob("*")):
        read = path.suffix in {".py", ".md", ".toml", ".yaml", ".lock"} and not {".venv", ".git", ".lifecycle"} & set(path.parts)
        if read and path != Path(__file__):
            text = path.read_text()
            for word in ("--index-url", "files.pythonhosted", "/home/", "/work/"):
                assert word not in text, f"{path.relative_to(ROOT)} has {word}"
