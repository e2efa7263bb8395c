"""How well personal data are masked: precision and recall on the strings of a grammar, hits by kind on real conversations, and the cost.

The grammar (`_masking_grammar`) was kept before it was measured, and no rule was changed for it since. A finding is right where it has the
kind and the extent of what is marked; a thing is *gone* where no letter or digit of it is left, whatever it was taken for. Of the real
conversations nobody has marked what is somebody's, so there only the hits are told.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from time import process_time
from typing import Final

import numpy as np

from benchmarks._masking_grammar import read, strings
from benchmarks._real import conversations, missing
from lifecycle_core.conversations import Conversation
from lifecycle_core.privacy.detectors import Finding, Kind
from lifecycle_core.privacy.masking import Masker, find
from lifecycle_core.simulation import stream
from lifecycle_core.simulation.worlds import MILD

FILES: Final = ("tau2.jsonl.gz", "tau.jsonl.gz", "sgd/sgd.jsonl.gz")
NOW: Final = datetime(2025, 10, 7, 12, tzinfo=UTC)
PER_DAY: Final = 200

Marked = tuple[str, int, int]


@dataclass(slots=True)
class Tally:
    """Of one kind: what is marked, what was found, and how much of each is right.

    gone : marked things of which no letter or digit is left. needless : findings that touch nothing that is marked.
    """

    marked: int = 0
    found: int = 0
    right: int = 0
    gone: int = 0
    needless: int = 0

    @property
    def precision(self) -> float:
        """The share of findings that are right."""
        return self.right / self.found if self.found else 1.0

    @property
    def recall(self) -> float:
        """The share of marked things that are found right."""
        return self.right / self.marked if self.marked else 1.0


@dataclass(slots=True)
class Score:
    """What the detectors made of the grammar's strings: a tally for each kind, and the strings in which something is left."""

    tallies: dict[str, Tally] = field(default_factory=lambda: {it.value: Tally() for it in Kind})
    strings: int = 0
    left: list[str] = field(default_factory=list)
    taken: list[str] = field(default_factory=list)

    @property
    def total(self) -> Tally:
        """Over all kinds."""
        each = self.tallies.values()
        return Tally(*(sum(getattr(it, name) for it in each) for name in Tally.__slots__))


def run(cost: int = 1000, shown: int = 0) -> dict[str, object]:
    """Measure all three: the cost over about `cost` conversations; `shown` = 1 shows each string that went wrong."""
    found = score()
    print(f"{found.strings} strings of the grammar\n\n{'kind':<10}{'marked':>8}{'precision':>11}{'recall':>9}{'gone':>9}{'needless':>10}")
    for name, it in (*found.tallies.items(), ("all", found.total)):
        gone = it.gone / it.marked
        print(f"{name:<10}{it.marked:>8}{it.precision:>11.1%}{it.recall:>9.1%}{gone:>9.1%}{it.needless:>10}")
    if shown:
        print("\nleft:", *found.left, "\ntaken:", *found.taken, sep="\n  ")
    total = found.total
    return {
        "strings": found.strings,
        "marked": total.marked,
        "precision": round(total.precision, 4),
        "recall": round(total.recall, 4),
        "gone": round(total.gone / total.marked, 4),
        "needless": total.needless,
        "by_kind": {name: {"precision": round(it.precision, 4), "recall": round(it.recall, 4)} for name, it in found.tallies.items()},
        "hits": _hits(),
        "ms_per_1000": _costs(cost),
    }


def score() -> Score:
    """What the detectors make of every string of the grammar."""
    told = Score()
    for string in strings():
        text, marked = read(string)
        found = find(text)
        told.strings += 1
        _count(told, text, marked, found)
    return told


def _count(told: Score, text: str, marked: Sequence[Marked], found: Sequence[Finding]) -> None:
    covered = {place for it in found for place in range(it.start, it.end)}
    exact = {(it.kind.value, it.start, it.end) for it in found}
    for kind, start, end in marked:
        tally = told.tallies[kind]
        tally.marked += 1
        tally.right += (kind, start, end) in exact
        gone = all(place in covered for place in range(start, end) if text[place].isalnum())
        tally.gone += gone
        if not gone:
            told.left.append(f"{kind} {text[start:end]!r} in {text!r}")
    for it in found:
        tally = told.tallies[it.kind.value]
        tally.found += 1
        if not any(it.start < end and start < it.end for _, start, end in marked):
            tally.needless += 1
            told.taken.append(f"{it.kind} {text[it.start : it.end]!r} in {text!r}")


def _hits() -> dict[str, object]:
    """File -> kind -> hits in what is said by customers and agents."""
    told: dict[str, object] = {}
    print(f"\n{'hits in':<20}{'conversations':>14}{'texts':>9}{''.join(f'{it:>9}' for it in Kind)}")
    for name in FILES:
        if missing(name):
            print(f"{name:<20} left out: {missing(name)}")
            continue
        counted: Counter[str] = Counter()
        texts = [text for it in conversations(name) for text in _said(it)]
        for text in texts:
            counted.update(it.kind.value for it in find(text))
        told[name] = {"conversations": len(conversations(name)), "texts": len(texts), **{it.value: counted[it.value] for it in Kind}}
        print(f"{name:<20}{len(conversations(name)):>14,}{len(texts):>9,}{''.join(f'{counted[it.value]:>9,}' for it in Kind)}", flush=True)
    return told


def _said(it: Conversation) -> Iterator[str]:
    yield from filter(None, (message.get("content") for message in it.messages if message["role"] in {"user", "assistant"}))


def _costs(count: int) -> dict[str, float]:
    """Source -> milliseconds of the processor to mask 1,000 whole conversations."""
    given = {"simulated": list(islice(_simulated(count), count))}
    given |= {name: list(conversations(name)[:count]) for name in FILES if not missing(name)}
    print(f"\n{'masking of':<20}{'conversations':>14}{'characters each':>17}{'ms per 1,000':>14}")
    told = {}
    for name, these in given.items():
        masker, start = Masker(b"secret"), process_time()
        for it in these:
            masker.conversation(it)
        told[name] = round(1e6 * (process_time() - start) / len(these), 1)
        characters = sum(len(message.get("content") or "") for it in these for message in it.messages) / len(these)
        print(f"{name:<20}{len(these):>14,}{characters:>17,.0f}{told[name]:>14,.0f}", flush=True)
    return told


def _simulated(count: int) -> Iterator[Conversation]:
    hours = 2 * round(24 * count / PER_DAY) + 24
    start = datetime.fromtimestamp(NOW.timestamp() - 3600 * hours, UTC)
    yield from stream.conversations(
        MILD, np.random.default_rng(7), variant="baseline", version=1, start=start, hours=hours, per_day=PER_DAY
    )
