"""Pictures as files: of which kind, whether they may be written, and never half-written."""

import os
from pathlib import Path
from typing import Final

from lifecycle_core.errors import InvalidInputError

KINDS: Final = ("svg", "png")


def kind(path: Path) -> str:
    """The kind of picture that a file's name asks for; raises InvalidInputError for another.

    >>> kind(Path("year.SVG"))
    'svg'
    """
    found = path.suffix.lower().removeprefix(".")
    if found not in KINDS:
        message = f"plot is {str(path)[-100:]!r}; end its name in {' or '.join(f'.{it}' for it in KINDS)}"
        raise InvalidInputError(message, field="plot")
    return found


def expect_writable(path: Path) -> None:
    """Raise InvalidInputError where a picture cannot be written, before there is one."""
    kind(path)
    if path.is_dir():
        _refuse(path, "it is a folder")
    if not path.parent.is_dir():
        _refuse(path, f"there is no folder {str(path.parent)[-100:]!r}")
    if not os.access(path.parent, os.W_OK) or (path.exists() and not os.access(path, os.W_OK)):
        _refuse(path, "it may not be written")


def replace(path: Path, contents: bytes) -> None:
    """Put `contents` in the place of the file, whole or not at all; raises InvalidInputError where it cannot be written.

    A link stays one, and what it leads to is replaced.
    """
    there = path.resolve()
    part = there.with_name(f".{there.name}.{os.getpid()}.part")
    try:
        part.write_bytes(contents)
        part.replace(there)
    except OSError as error:
        part.unlink(missing_ok=True)
        _refuse(path, error.strerror or "it cannot be written", error)


def _refuse(path: Path, why: str, cause: OSError | None = None) -> None:
    message = f"plot is {str(path)[-100:]!r}: {why}; give another file, or make room for this one"
    raise InvalidInputError(message, field="plot") from cause
