"""What changed from one version of a variant to another: the prompt by line and by word, and what it is run with."""

import difflib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby
from operator import attrgetter
from typing import Final

from pydantic import JsonValue

from lifecycle_core.versions.version import Version

MOST_COMPARED: Final = 4_000_000
"""How many pairs of lines or words are compared at most; past it a block counts as rewritten."""

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
        unified=tuple(difflib.unified_diff(before.splitlines(), after.splitlines(), *labels, lineterm="")),
        words=words(before, after),
        run_with=tuple(name for name, found in changed.items() if found),
        **changed,
    )


def words(before: str, after: str) -> tuple[Piece, ...]:
    r"""What to delete from `before` and insert into it to have `after`: first by line, then by word within lines that changed.

    The pieces that are not inserted make `before` again, those that are not deleted make `after`.

    >>> [(it.op.value, it.text) for it in words("Be kind.\nBook.", "Be very kind.\nBook.")]
    [('equal', 'Be '), ('insert', 'very '), ('equal', 'kind.\nBook.')]
    """
    pieces: list[Piece] = []
    for op, old, new in _blocks(before.splitlines(keepends=True), after.splitlines(keepends=True)):
        if op is Op.EQUAL:
            pieces.append(Piece(op, "".join(old)))
        else:
            for inner, one, two in _blocks(_WORDS.findall("".join(old)), _WORDS.findall("".join(new))):
                pieces += (
                    [Piece(Op.EQUAL, "".join(one))]
                    if inner is Op.EQUAL
                    else [Piece(Op.DELETE, "".join(one)), Piece(Op.INSERT, "".join(two))]
                )
    return tuple(Piece(op, "".join(it.text for it in run)) for op, run in groupby((it for it in pieces if it.text), key=attrgetter("op")))


def _blocks(before: Sequence[str], after: Sequence[str]) -> Iterator[tuple[Op, Sequence[str], Sequence[str]]]:
    """Runs of items that are equal, and of those that are not; what is not is told as `Op.DELETE` and stands for a change."""
    head = next((place for place, (one, two) in enumerate(zip(before, after, strict=False)) if one != two), min(len(before), len(after)))
    most = min(len(before), len(after)) - head
    tail = next((place for place in range(most) if before[-1 - place] != after[-1 - place]), most)
    old, new = before[head : len(before) - tail], after[head : len(after) - tail]
    if head:
        yield Op.EQUAL, before[:head], after[:head]
    if len(old) * len(new) > MOST_COMPARED:
        yield Op.DELETE, old, new
    else:
        for tag, i1, i2, j1, j2 in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
            yield Op.EQUAL if tag == "equal" else Op.DELETE, old[i1:i2], new[j1:j2]
    if tail:
        yield Op.EQUAL, before[len(before) - tail :], after[len(after) - tail :]


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
