"""What changed from one version of a variant to another: the prompt by line and by word, and what it is run with."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby
from operator import attrgetter
from typing import Final

from pydantic import JsonValue

from lifecycle_core.versions.alignment import Aligned, common_ends
from lifecycle_core.versions.version import Version

MOST_PIECES: Final = 20_000
"""Of how many pieces a diff by word consists at most; past it all between the prompts' common ends counts as rewritten."""
CONTEXT_LINES: Final = 3

_WORDS: Final = re.compile(r"\s+|\w+|[^\w\s]")


class Op(StrEnum):
    """What became of a piece of text."""

    EQUAL = "equal"
    DELETE = "delete"
    INSERT = "insert"


@dataclass(frozen=True, slots=True)
class Piece:
    """Text that both prompts have, or one of them."""

    op: Op
    text: str


@dataclass(frozen=True, slots=True)
class Changed:
    """A value that differs; path : where it stands, such as "temperature" or "book.parameters.required.0". None : not there."""

    path: str
    before: JsonValue
    after: JsonValue


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One version in a diff; `changes` is what its author said of it."""

    version: int
    prompt_length: int
    changes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Diff:
    """How the second version differs from the first.

    length_diff : characters more in the second prompt.
    same_prompt : the prompts are equal to the letter.
    unified : the prompts' unified diff, by line; empty where they are equal.
    words : the same by word; all of both prompts, in order.
    run_with : "model", "parameters", "tools": those that differ; model, parameters, tools : how.
    """

    variant_name: str
    version1: Side
    version2: Side
    length_diff: int
    same_prompt: bool
    unified: tuple[str, ...]
    words: tuple[Piece, ...]
    run_with: tuple[str, ...]
    model: tuple[Changed, ...]
    parameters: tuple[Changed, ...]
    tools: tuple[Changed, ...]


def diff(version1: Version, version2: Version) -> Diff:
    """Compare two versions of one variant."""
    before, after = version1.system_prompt, version2.system_prompt
    labels = (f"version {version1.version}", f"version {version2.version}")
    how = {
        "model": (version1.model, version2.model),
        "parameters": (dict(version1.parameters), dict(version2.parameters)),
        "tools": (_by_name(version1.tools), _by_name(version2.tools)),
    }
    changed = {name: tuple(_changes(name if name == "model" else "", *sides)) for name, sides in how.items()}
    return Diff(
        variant_name=version1.variant_name,
        version1=_side(version1),
        version2=_side(version2),
        length_diff=len(after) - len(before),
        same_prompt=before == after,
        unified=tuple(_unified(before.splitlines(), after.splitlines(), labels)),
        words=words(before, after),
        run_with=tuple(name for name, found in changed.items() if found),
        **changed,
    )


def words(before: str, after: str) -> tuple[Piece, ...]:
    r"""What to delete from `before` and insert into it to have `after`: first by line, then by word within lines that changed.

    The pieces that are not inserted make `before` again, those that are not deleted make `after`. What is equal by chance, a little
    between two greater changes, is told as changed: nobody reads a new sentence around the old one's "the".

    >>> [(it.op.value, it.text) for it in words("Be kind.\nBook.", "Be very kind.\nBook.")]
    [('equal', 'Be '), ('insert', 'very '), ('equal', 'kind.\nBook.')]
    """
    old, new = before.splitlines(keepends=True), after.splitlines(keepends=True)
    pieces: list[Piece] = []
    for tag, i1, i2, j1, j2 in Aligned(old, new).get_opcodes():
        if tag == "equal":
            pieces.append(Piece(Op.EQUAL, "".join(old[i1:i2])))
        else:
            pieces += _by_word("".join(old[i1:i2]), "".join(new[j1:j2]))
    pieces = _joined(pieces)
    return tuple(pieces if len(pieces) <= MOST_PIECES else _rewritten(before, after))


def _by_word(before: str, after: str) -> Iterator[Piece]:
    old, new = _WORDS.findall(before), _WORDS.findall(after)
    runs = [("".join(old[i1:i2]), "".join(new[j1:j2])) for _, i1, i2, j1, j2 in Aligned(old, new).get_opcodes()]
    for place, (one, two) in enumerate(runs):
        if one == two and not (0 < place < len(runs) - 1 and len(one) <= min(_size(runs[place - 1]), _size(runs[place + 1]))):
            yield Piece(Op.EQUAL, one)
        else:
            yield Piece(Op.DELETE, one)
            yield Piece(Op.INSERT, two)


def _size(run: tuple[str, str]) -> int:
    return max(map(len, run))


def _joined(pieces: Iterable[Piece]) -> list[Piece]:
    """Those of one change told together: what is deleted, then what is inserted."""
    joined = []
    for equal, run in groupby((it for it in pieces if it.text), key=lambda it: it.op is Op.EQUAL):
        parts = {op: "".join(it.text for it in of_op) for op, of_op in groupby(sorted(run, key=attrgetter("op")), key=attrgetter("op"))}
        joined += [Piece(op, parts[op]) for op in ((Op.EQUAL,) if equal else (Op.DELETE, Op.INSERT)) if op in parts]
    return joined


def _rewritten(before: str, after: str) -> list[Piece]:
    head, tail = common_ends(before, after)
    pieces = (
        Piece(Op.EQUAL, before[:head]),
        Piece(Op.DELETE, before[head : len(before) - tail]),
        Piece(Op.INSERT, after[head : len(after) - tail]),
        Piece(Op.EQUAL, before[len(before) - tail :]),
    )
    return [it for it in pieces if it.text]


def _unified(before: Sequence[str], after: Sequence[str], labels: tuple[str, str]) -> Iterator[str]:
    """The lines of a unified diff, as `difflib` writes one, of a matching whose time is bounded."""
    groups = list(Aligned(before, after).get_grouped_opcodes(CONTEXT_LINES)) if before != after else []
    if groups:
        yield from (f"--- {labels[0]}", f"+++ {labels[1]}")
    for group in groups:
        first, last = group[0], group[-1]
        yield f"@@ -{_span(first[1], last[2])} +{_span(first[3], last[4])} @@"
        for tag, i1, i2, j1, j2 in group:
            if tag == "equal":
                yield from (f" {it}" for it in before[i1:i2])
            else:
                yield from (f"-{it}" for it in before[i1:i2])
                yield from (f"+{it}" for it in after[j1:j2])


def _span(start: int, stop: int) -> str:
    """Lines of a hunk: the first, counted from 1, and how many, which is left out where it is one."""
    count = stop - start
    return f"{start + 1}" if count == 1 else f"{start + (count > 0)},{count}"


def _changes(path: str, before: JsonValue, after: JsonValue) -> Iterator[Changed]:
    """Every place in which two documents differ, the deepest that can be named."""
    if isinstance(before, dict) and isinstance(after, dict):
        for name in sorted(before.keys() | after.keys()):
            yield from _changes(f"{path}.{name}".strip("."), before.get(name), after.get(name))
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for place, (one, two) in enumerate(zip(before, after, strict=True)):
            yield from _changes(f"{path}.{place}".strip("."), one, two)
    elif before != after:
        yield Changed(path, before, after)


def _by_name(tools: Sequence[JsonValue]) -> dict[str, JsonValue]:
    """Tools under their names; one without a name, or with another's, under its place."""
    named: dict[str, JsonValue] = {}
    for place, tool in enumerate(tools):
        inner = tool.get("function", tool) if isinstance(tool, Mapping) else None
        name = inner.get("name") if isinstance(inner, Mapping) else None
        named[name if isinstance(name, str) and name not in named else str(place)] = tool
    return named


def _side(it: Version) -> Side:
    changes = it.metadata.get("changes")
    return Side(
        version=it.version,
        prompt_length=len(it.system_prompt),
        changes=tuple(str(change) for change in changes) if isinstance(changes, list) else (),
    )
