"""What the demo prints: lines, small tables, a diff, and a line that grows in place on a terminal."""

from collections.abc import Callable, Sequence
from typing import Final

INDENT: Final = "     "
_OVER: Final = "\r\x1b[K"
_GREEN, _RED, _CYAN, _PLAIN = "\x1b[32m", "\x1b[31m", "\x1b[36m", "\x1b[0m"
_COLOURS: Final = {"+": _GREEN, "-": _RED, "@": _CYAN}


class Screen:
    """Where the demo prints.

    write : prints text as it is. terminal : whether somebody looks on, so that a line may be written over.
    """

    def __init__(self, write: Callable[[str], None], *, terminal: bool) -> None:
        self._write, self.terminal = write, terminal
        self._growing = False
        self._last = ""

    def say(self, words: str = "") -> None:
        """Print a line."""
        self._leave()
        self._write(f"{words}\n")

    def fact(self, words: str) -> None:
        """Print a line that belongs to a part."""
        self.say(f"{INDENT}{words}")

    def grow(self, words: str, *, worth_a_line: bool) -> None:
        """Print a line that takes the place of the last one so printed; where nobody looks on, only one that is worth it."""
        if words == self._last:
            return
        if self.terminal:
            self._write(f"{_OVER}{INDENT}{words}")
            self._growing, self._last = True, words
        elif worth_a_line:
            self._write(f"{INDENT}{words}\n")
            self._last = words

    def table(self, headers: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """Print rows under their headers."""
        widths = [max(map(len, column)) for column in zip(headers, *rows, strict=True)]
        for row in (headers, ["─" * it for it in widths], *rows):
            self.fact("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())

    def diff(self, unified: Sequence[str]) -> None:
        """Print a unified diff, in colours on a terminal."""
        for line in unified:
            colour = _COLOURS.get(line[:1], "") if self.terminal else ""
            self.fact(f"{colour}{line}{_PLAIN if colour else ''}")

    def hush(self) -> None:
        """Print nothing any more: the last line was printed."""
        self._write = lambda _text: None

    def _leave(self) -> None:
        if self._growing:
            self._write("\n")
            self._growing = False
        self._last = ""
