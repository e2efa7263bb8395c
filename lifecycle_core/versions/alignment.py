"""What two sequences have in common, in order: the most that can be, in a time that is bounded whatever they hold.

`difflib`'s own matching is cubic where a short item stands between all others, as a space does between words: a prompt of 5,000
characters that was rewritten took minutes. What follows from a matching, its opcodes and their groups, is still difflib's.
"""

import difflib
from collections.abc import Collection, Sequence
from difflib import Match
from functools import cached_property
from typing import Final

MOST_COMPARED: Final = 100_000_000
"""How many pairs of items are compared at most, an eighth of a byte each; past it nothing between the common ends counts as kept."""


class Aligned(difflib.SequenceMatcher[str]):
    """Two sequences and a longest common subsequence of theirs, behind difflib's interface.

    >>> [it[0] for it in Aligned(["Be", "kind"], ["Be", "very", "kind"]).get_opcodes()]
    ['equal', 'insert', 'equal']
    """

    def __init__(self, before: Sequence[str], after: Sequence[str]) -> None:
        super().__init__(None, "", "", autojunk=False)
        self.a, self.b = before, after

    def get_matching_blocks(self) -> list[Match]:
        """Tell the runs that both have, as difflib does: in order, none next to another, and an empty one at the end."""
        return self._blocks

    @cached_property
    def _blocks(self) -> list[Match]:
        before, after = self.a, self.b
        head, tail = common_ends(before, after)
        old, new = before[head : len(before) - tail], after[head : len(after) - tail]
        between = _runs(common(old, new)) if len(old) * len(new) <= MOST_COMPARED else []
        found = [
            Match(0, 0, head),
            *(Match(head + it.a, head + it.b, it.size) for it in between),
            Match(len(before) - tail, len(after) - tail, tail),
        ]
        return [*(it for it in found if it.size), Match(len(before), len(after), 0)]


def common_ends(before: Sequence[str], after: Sequence[str]) -> tuple[int, int]:
    """How many items both begin with, and how many of the rest both end with.

    >>> common_ends("a kept b", "a kept cb")
    (7, 1)
    """
    shorter = min(len(before), len(after))
    head = next((place for place in range(shorter) if before[place] != after[place]), shorter)
    tail = next((place for place in range(shorter - head) if before[-1 - place] != after[-1 - place]), shorter - head)
    return head, tail


def common(before: Sequence[str], after: Sequence[str]) -> list[tuple[int, int]]:
    """The places of a longest common subsequence: of each of its items in `before` and in `after`, in order.

    A row of the table of lengths is one whole number, whose bit is 0 where the length grows; so a row costs three operations on numbers
    of `len(after)` bits. Source: Crochemore, Iliopoulos, Pinzon and Reid, A fast and practical bit-vector algorithm for the longest common
    subsequence problem, Information Processing Letters 80 (2001).

    >>> common("abcd", "xbyd")
    [(1, 1), (3, 3)]
    """
    width, full = len(after) // 8 + 1, (1 << len(after)) - 1
    places = _places(frozenset(before), after, width)
    row, rows = full, [full.to_bytes(width, "little")]
    for item in before:
        hits = row & places[item]
        row = ((row + hits) | (row - hits)) & full
        rows.append(row.to_bytes(width, "little"))
    return _walked(rows, len(before), len(after))


def _places(items: Collection[str], after: Sequence[str], width: int) -> dict[str, int]:
    """Where in `after` each item stands, a bit for each place."""
    marks = {item: bytearray(width) for item in items}
    for place, item in enumerate(after):
        if item in marks:
            marks[item][place >> 3] |= 1 << (place & 7)
    return {item: int.from_bytes(it, "little") for item, it in marks.items()}


def _walked(rows: Sequence[bytes], one: int, two: int) -> list[tuple[int, int]]:
    """Walk from the table's last corner to its first, along what was matched."""
    pairs = []
    while one and two:
        byte, bit = (two - 1) >> 3, 1 << (two - 1 & 7)
        if rows[one][byte] & bit:
            two -= 1
            continue
        one -= 1
        if rows[one][byte] & bit:
            two -= 1
            pairs.append((one, two))
    return pairs[::-1]


def _runs(pairs: Sequence[tuple[int, int]]) -> list[Match]:
    runs: list[Match] = []
    for one, two in pairs:
        last = runs[-1] if runs else None
        if last is not None and (one, two) == (last.a + last.size, last.b + last.size):
            runs[-1] = Match(last.a, last.b, last.size + 1)
        else:
            runs.append(Match(one, two, 1))
    return runs
