"""Where results go: standard output, or a file that is there whole or not at all."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from typing import TextIO

from click.exceptions import Exit

from lifecycle_core.errors import SetupError

STANDARD = "-"


@contextmanager
def sent_to(output: str | None) -> Iterator[None]:
    """Let standard output be the file `output` for as long as this lasts; "-" and None leave it where it is."""
    if output in {None, STANDARD}:
        yield
        return
    with written(Path(str(output))) as file, redirect_stdout(file):
        yield


@contextmanager
def written(output: Path | None) -> Iterator[TextIO]:
    """Standard output, or a file at `output` that appears when all of it was written; raises SetupError where it cannot be.

    An exit with a code is an end as any other, for bad news is a result; after any other error the file is as it was.
    """
    if output is None or str(output) == STANDARD:
        yield sys.stdout
        return
    if output.exists() and not output.is_file():  # a pipe or a device is not to be replaced
        with _refusing(output):
            device = output.open("w", encoding="utf-8")
        with device:
            yield device
        return
    from tempfile import mkstemp

    place = output.resolve()  # a link stays a link
    with _refusing(output):
        number, made = mkstemp(dir=place.parent, prefix=f".{place.name}.")
    ended: BaseException | None = None
    try:
        with open(number, "w", encoding="utf-8") as file:  # noqa: PTH123 - it is open already
            try:
                yield file
            except (SystemExit, Exit) as it:
                ended = it
            with _refusing(output):
                file.flush()
                os.fsync(number)
        with _refusing(output):
            Path(made).replace(place)
    finally:
        Path(made).unlink(missing_ok=True)
    if ended is not None:
        raise ended


@contextmanager
def _refusing(output: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        message = f"{output} cannot be written: {error.strerror}; make room, or name another file"
        raise SetupError(message) from error
