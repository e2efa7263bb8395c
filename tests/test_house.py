"""What the import contracts cannot say."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ROOMS = {"lifecycle_core", "tasks", "flows", "deployments", "benchmarks", "tests"}
CORE = sorted(path for path in (ROOT / "lifecycle_core").iterdir() if path.suffix == ".py" or (path / "__init__.py").exists())
ASKS_THE_WORLD = {
    ("datetime", "now"),
    ("datetime", "utcnow"),
    ("datetime", "today"),
    ("date", "today"),
    ("time", "time"),
    ("os", "environ"),
    ("os", "getenv"),
    ("random", "random"),
    ("random", "default_rng"),
    ("uuid", "uuid4"),
    ("secrets", "token_hex"),
}
MOST_LINES = 300
COLUMNS_OF_ALL_TABLES = {"lifecycle_core/store/tables.py"}


def _sources(place: Path) -> Iterator[tuple[str, ast.Module]]:
    for path in sorted(place.rglob("*.py")) if place.is_dir() else [place]:
        yield path.relative_to(ROOT).as_posix(), ast.parse(path.read_text())


def _calls_of_with(tree: ast.Module) -> Iterator[ast.Call]:
    for node in ast.walk(tree):
        if isinstance(node, ast.With | ast.AsyncWith):
            yield from (item.context_expr for item in node.items if isinstance(item.context_expr, ast.Call))


def test_every_top_level_package_is_a_room_of_the_house():
    assert {path.parent.name for path in ROOT.glob("*/__init__.py")} | {"tests"} == ROOMS


@pytest.mark.parametrize("room", CORE, ids=lambda path: path.stem)
def test_no_clock_no_chance_and_no_environment_in_the_core(room):
    for name, tree in _sources(room):
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name | ast.Attribute):
                owner = node.value.id if isinstance(node.value, ast.Name) else node.value.attr
                assert (owner, node.attr) not in ASKS_THE_WORLD, f"{name}:{node.lineno} asks {owner}.{node.attr}"


@pytest.mark.parametrize("room", ["tasks", "flows", "deployments", "lifecycle_core/store"])
def test_only_operations_open_transactions(room):
    for name, tree in _sources(ROOT / room):
        for call in _calls_of_with(tree):
            opens = isinstance(call.func, ast.Attribute) and call.func.attr in {"write", "read"}
            assert not opens, f"{name}:{call.lineno} opens a transaction"


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
