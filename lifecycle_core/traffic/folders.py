"""A path → the files to read: a folder in the layout of its system, or a run of τ²-bench with its simulations."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from pydantic_core import from_json

from lifecycle_core.errors import InvalidInputError
from lifecycle_core.traffic.importers import tau2
from lifecycle_core.traffic.records import MAX_ARRAY_BYTES

SUFFIXES: Final = (".json", ".jsonl", ".ndjson")
_RUN: Final = "results.json"
_HEAD_BYTES: Final = 4096


def files_at(path: Path) -> list[Path]:
    """The files that `path` stands for, in order of their names: itself, or what a folder holds at any depth.

    A results.json of τ²-bench that holds no simulations stands for those beside and below it.
    Raises InvalidInputError for a folder without a file that is read.
    """
    if not path.is_dir():
        return _simulations(path) if _is_run(path) else [path]
    found = sorted(it for it in path.rglob("*") if it.is_file() and _suffix(it) in SUFFIXES)
    if not found:
        message = f"{path} holds no file that ends in {', '.join(SUFFIXES)}, or in one of them and .gz; give a file, or another folder"
        raise InvalidInputError(message, field="path")
    return [it for it in found if not _is_run(it)] or found


def expanded(paths: Sequence[str]) -> Iterator[str]:
    """Each file of `paths` in turn; what is neither a file nor a folder stays what it is."""
    for path in paths:
        yield from map(str, files_at(Path(path))) if Path(path).exists() else [path]


def _suffix(path: Path) -> str:
    return (path.with_suffix("") if path.suffix == ".gz" else path).suffix


def _is_run(path: Path) -> bool:
    """Whether the file tells of a run of τ²-bench, and its simulations stand elsewhere."""
    if path.name != _RUN or not path.is_file() or path.stat().st_size > MAX_ARRAY_BYTES:
        return False
    try:
        values = from_json(path.read_bytes())
    except ValueError:
        return False
    return isinstance(values, dict) and tau2.recognised(values) is not None and not values.get("simulations") and "task_id" not in values


def _simulations(run: Path) -> list[Path]:
    beside = sorted({*run.parent.glob("*.json"), *run.parent.glob("simulations/**/*.json")} - {run})
    return [it for it in beside if b'"termination_reason"' in _head(it)] or [run]


def _head(path: Path) -> bytes:
    with path.open("rb") as stream:
        return stream.read(_HEAD_BYTES)
