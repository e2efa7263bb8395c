"""Reports in Markdown, for Prefect's pages and for files: what others wrote draws no picture, follows no link and breaks no table."""

import re
import textwrap
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final, assert_never

from lifecycle_core.retraining.curve import Curve
from lifecycle_core.retraining.report.blocks import (
    Block,
    Change,
    Commands,
    Conversation,
    Day,
    Facts,
    Growth,
    Items,
    Mood,
    Paragraph,
    Report,
    Said,
    Section,
    SideBySide,
    Table,
    Trend,
    Unit,
)

SIMULATED: Final = "Simulated: a scripted model had a part in this."
MOST_LOOKS: Final = 8
"""Points of a curve that a table shows."""
_MARKED: Final = re.compile(
    r"""[\\`*_\[\]<>#|~&@]
    | !(?=\[)
    | :(?=/) | (?<=mailto): | (?<=xmpp): | (?<=[a-z])\.(?=[a-z])  # addresses
    | ^[ \t]*\d+[.)](?=\s|$) | ^[ \t]*[-+](?=[-+\s])              # lists and rules
    | (?<=\n)[ \t]*[-=]                                           # the line under a heading
    """,
    re.VERBOSE | re.MULTILINE | re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Width:
    """How wide a page is, in characters. diff : of a line of a diff; column : of a line in a conversation, None = as it comes."""

    diff: int = 100
    column: int | None = None


FORM: Final = Width(diff=40, column=26)
"""Prefect's form wraps nothing: longer lines run out of sight on a telephone."""
PAGE: Final = Width()


def whole(it: Report) -> str:
    """A report as one page."""
    return "\n\n".join(
        [
            f"# {literal_cell(it.title)}",
            f"**{literal_cell(it.outcome.text)}.** {literal_cell(it.sentence)}",
            *([SIMULATED] if it.simulated else []),
            written(Facts((*it.figures, *it.facts.rows))),
            *(_part(one) for one in it.sections),
        ]
    )


def body(it: Section, width: Width = PAGE) -> str:
    """What stands in a section, without its title and lead."""
    return "\n\n".join(written(block, width) for block in it.blocks)


def written(it: Block, width: Width = PAGE) -> str:
    """One block."""
    match it:
        case Paragraph(text):
            said = literal_cell(text)
        case Items(items):
            said = "\n".join(f"- {literal_cell(item)}" for item in items)
        case Facts(facts):
            said = table(("", ""), ([literal_cell(name), literal_cell(what)] for name, what in facts))
        case Table():
            said = table(map(literal_cell, it.heads), ([_cell(one) for one in row] for row in it.rows))
        case Commands(commands):
            said = "\n".join(f"- {literal_cell(what)}: {code(typed)}" for typed, what in commands)
        case Change(change):
            said = wrapped_diff(change.unified, width.diff) if change.unified else "The prompts are the same."
        case Growth(curve):
            said = table(("samples", "better", "worse", "futile", "success"), _looks(curve))
        case SideBySide():
            said = _side_by_side(it, width.column)
        case Trend():
            said = f"**{literal_cell(it.name)}**\n\n{table(('day', it.name, '95%', 'n'), map(_day(it.unit), it.days))}"
        case _:
            assert_never(it)
    return said


def literal(text: str) -> str:
    r"""Words that Markdown shows as they stand.

    >>> print(literal("![x](y), 2 * 3 is 6.0 (www.a.b)"))
    \!\[x\](y), 2 \* 3 is 6.0 (www\.a\.b)
    """
    return _MARKED.sub(lambda found: f"{found[0][:-1]}\\{found[0][-1]}", text)


def cell(text: str) -> str:
    """Words for a table's cell, which is Markdown in one kind of Prefect's pages and plain text in the other."""
    return re.sub(r"([\[<])", r"\\\1", " ".join(text.split()))


def literal_cell(text: str) -> str:
    r"""Words of others for one line, such as the cell of a Markdown table: as they stand.

    >>> print(literal_cell("a | b"))
    a \| b
    """
    return literal(" ".join(text.split()))


def code(text: str) -> str:
    """What may be typed, on one line.

    >>> print(code("lifecycle status 'a`b'"))
    `` lifecycle status 'a`b' ``
    """
    fence = "`" * (1 + max((len(run) for run in re.findall("`+", text)), default=0))
    words = " ".join(text.split())
    return f"{fence} {words} {fence}" if "`" in words else f"{fence}{words}{fence}"


def table(heads: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A Markdown table of cells that are written already."""
    heads = list(heads)
    return "\n".join(f"| {' | '.join(row)} |" for row in [heads, ["---"] * len(heads), *(list(it) for it in rows)])


def wrapped_diff(unified: Iterable[str], columns: int = FORM.diff) -> str:
    """A unified diff as a fenced block: lines of `columns` characters that keep their sign, and dots where lines are left out.

    >>> print(wrapped_diff(["@@ -1 +1 @@", "+one two three"], 8))
    ````diff
    …
    +one two
    +three
    ````
    """
    lines = [piece for line in unified for piece in _wrapped(line, columns)]
    return "\n".join(["````diff", *(line.replace("````", "'''") for line in lines), "````"])


def _wrapped(line: str, columns: int) -> list[str]:
    if line.startswith("@@"):
        return ["…"]
    sign, rest = (line[:1], line[1:]) if line[:1] in "+- " and not line.startswith(("+++", "---")) else ("", line)
    return [f"{sign}{piece}" for piece in textwrap.wrap(rest, columns, break_long_words=True, drop_whitespace=True) or [""]]


def _part(it: Section) -> str:
    return "\n\n".join(filter(None, (f"## {literal_cell(it.title)}", literal_cell(it.sentence), body(it))))


def _cell(it: Said) -> str:
    words = literal_cell(it.text)
    return f"**{words}**" if it.mood in {Mood.BAD, Mood.DOUBT} and words else words


def _looks(it: Curve) -> Iterator[list[str]]:
    """The evidence at the looks, and at the end; of many evenly spread ones."""
    shown = [point for point in it.points if point.look or point is it.points[-1]]
    step = -(-len(shown) // MOST_LOOKS)
    for point in reversed(shown[::-step]):
        evidence = (f"{value:,.2f}" for value in (point.e_better, point.e_worse, point.futility))
        yield [f"{point.n:,}", *evidence, f"{point.incumbent_rate:.1%} → {point.candidate_rate:.1%}"]


def _day(unit: Unit) -> Callable[[Day], list[str]]:
    def told(it: Day) -> list[str]:
        interval = "" if it.interval is None else f"{unit.written(it.interval[0])} to {unit.written(it.interval[1])}"
        return [it.label, "" if it.value is None else unit.written(it.value), interval, f"{it.n:,}"]

    return told


def _side_by_side(it: SideBySide, column: int | None) -> str:
    sides = it.incumbent, it.candidate
    told = [[one.count for one in sides], [_told(one, column) for one in sides]]
    return f"**{it.number}.** {literal_cell(it.goal)}\n\n{table([literal_cell(one.version) for one in sides], told)}"


def _told(it: Conversation, column: int | None) -> str:
    return "<br>".join([*(_line(who, text, column) for who, text in it.said), f"**{literal_cell(it.ending.text)}**"])


def _line(who: str, text: str, column: int | None) -> str:
    lines = textwrap.wrap(text, column) if column else [text]
    return f"**{who}**<br>" + "<br>".join(literal_cell(line) for line in lines)
