"""What a report is made of: values that say what stands on a page, and nothing of how it looks there.

1. Words are as they were written; whoever puts them on a page sees to it that they do nothing there.
2. A mood colours words, and never tells alone: the words say the same.
"""

from dataclasses import dataclass
from enum import StrEnum

from lifecycle_core.retraining.curve import Curve
from lifecycle_core.versions.diff import Diff


class Mood(StrEnum):
    """What words are for the reader."""

    PLAIN = "plain"
    GOOD = "good"
    BAD = "bad"
    DOUBT = "doubt"


@dataclass(frozen=True, slots=True)
class Said:
    """Words in a mood."""

    text: str
    mood: Mood = Mood.PLAIN


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A sentence or a few."""

    text: str


@dataclass(frozen=True, slots=True)
class Items:
    """Sentences, each for itself."""

    items: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Facts:
    """Names, and what they are."""

    rows: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under heads; of the columns named in `figures` each cell is a number."""

    heads: tuple[str, ...]
    rows: tuple[tuple[Said, ...], ...]
    figures: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Commands:
    """What may be typed, each with what it does."""

    rows: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Change:
    """How a prompt was changed."""

    diff: Diff


@dataclass(frozen=True, slots=True)
class Growth:
    """How evidence grew."""

    curve: Curve


class Unit(StrEnum):
    """How a figure is written."""

    PERCENT = "percent"
    DOLLARS = "dollars"
    SECONDS = "seconds"

    def written(self, value: float) -> str:
        """The figure in words.

        >>> Unit.PERCENT.written(0.612), Unit.DOLLARS.written(0.0021), Unit.SECONDS.written(2.04)
        ('61.2%', '$0.002100', '2.04 s')
        """
        return f"{value:.1%}" if self is Unit.PERCENT else f"${value:.6f}" if self is Unit.DOLLARS else f"{value:.2f} s"


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """One day of a figure: its value with its 95% interval, and of how many conversations; no value where none tell it."""

    label: str
    value: float | None
    interval: tuple[float, float] | None
    n: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Trend:
    """A figure day by day. fewest : days of fewer conversations are drawn hollow; level : a threshold, where there is one, and its name."""

    name: str
    unit: Unit
    days: tuple[Day, ...]
    fewest: int
    level: tuple[float, str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversation:
    """What one version made of a goal: who said what the first time, where that is still kept, how it ended, how often it succeeded."""

    version: str
    said: tuple[tuple[str, str], ...]
    ending: Said
    count: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SideBySide:
    """One customer's goal, served by incumbent and candidate."""

    number: int
    goal: str
    incumbent: Conversation
    candidate: Conversation


Block = Paragraph | Items | Facts | Table | Commands | Change | Growth | SideBySide | Trend


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """One part of a report. key : its name among parts, for links; lead : what it comes to, in a sentence without its full stop."""

    key: str
    title: str
    lead: str
    blocks: tuple[Block, ...]
    simulated: bool = False

    @property
    def sentence(self) -> str:
        """What it comes to, as a sentence."""
        return sentence(self.lead)


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A report. outcome : in a word or two; lead : the same in a sentence; figures : what is to be seen first, each with its name."""

    title: str
    outcome: Said
    lead: str
    figures: tuple[tuple[str, str], ...]
    facts: Facts
    sections: tuple[Section, ...]

    @property
    def sentence(self) -> str:
        """What it comes to, as a sentence."""
        return sentence(self.lead)

    @property
    def simulated(self) -> bool:
        """Whether a scripted model had a part in it."""
        return any(it.simulated for it in self.sections)


def sentence(words: str) -> str:
    """Words as a sentence of their own.

    >>> sentence("no issue")
    'No issue.'
    """
    return f"{words[:1].upper()}{words[1:].rstrip('.')}."


def cut(words: str, most: int) -> str:
    """The first characters of `words`, and a sign where there were more than `most`.

    >>> cut("no issue", 2), cut("no", 2)
    ('no…', 'no')
    """
    return words if len(words) <= most else f"{words[:most]}…"


def row(*cells: str | Said) -> tuple[Said, ...]:
    """A row of a table, of words with and without a mood.

    >>> row("success", Said("passes", Mood.GOOD))[0].mood.value
    'plain'
    """
    return tuple(it if isinstance(it, Said) else Said(it) for it in cells)
