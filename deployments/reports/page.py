"""A report as one HTML file: it needs no server, no script and no other file, and asks nobody for anything."""

from collections.abc import Iterator
from html import escape
from typing import Final, assert_never

from deployments.reports.chart import drawn
from deployments.reports.style import STYLE
from deployments.reports.trend import trend
from lifecycle_core.retraining.report.blocks import (
    Block,
    Change,
    Commands,
    Conversation,
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
)
from lifecycle_core.versions.diff import Diff, Op

POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
"""What a browser is to forbid the page."""
SIMULATED: Final = "Simulated: a scripted model had a part in this. It shows that the loop works, and nothing about customers."
KEPT: Final = 240
"""Characters of an unchanged stretch of a prompt that stand before and after a change."""
MOST_COLUMNS: Final = 3
"""A table of more is shown as a list on a telephone."""
OPEN: Final = 3
"""Conversations that are shown open; the others at a touch."""
_TAGS: Final = {Op.DELETE: "del", Op.INSERT: "ins"}
_PAGE: Final = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>{title}</title><style>{style}</style></head><body>
<header><h1>{title}</h1>
<p><span class="outcome {mood}">{outcome}</span>{lead}</p>
{simulated}<dl class="figures">{figures}</dl>
{facts}</header>
<nav aria-label="Parts">{parts}</nav>
<main>{sections}</main>
</body></html>
"""


def page(it: Report) -> str:
    """The page of a report."""
    return _PAGE.format(
        title=escape(it.title),
        style=STYLE,
        mood=it.outcome.mood,
        outcome=escape(it.outcome.text),
        lead=escape(it.sentence),
        simulated=f'<p class="note">{SIMULATED}</p>\n' if it.simulated else "",
        figures="".join(f"<div><dt>{escape(name)}</dt><dd>{escape(told)}</dd></div>" for name, told in it.figures),
        facts=block(it.facts),
        parts=" ".join(f'<a href="#{escape(one.key)}">{escape(one.title)}</a>' for one in it.sections),
        sections="\n".join(_section(one) for one in it.sections),
    )


def _section(it: Section) -> str:
    blocks = "\n".join(block(one) for one in it.blocks)
    return f'<section id="{escape(it.key)}"><h2>{escape(it.title)}</h2><p class="lead">{escape(it.sentence)}</p>\n{blocks}</section>'


def block(it: Block) -> str:
    """One block as HTML; of its drawings the places are written into the elements."""
    match it:
        case Paragraph(text):
            said = f"<p>{escape(text)}</p>"
        case Items(items):
            said = f'<ul class="plain">{"".join(f"<li>{escape(one)}</li>" for one in items)}</ul>'
        case Facts(facts):
            said = f'<dl class="facts">{"".join(f"<dt>{escape(name)}</dt><dd>{escape(what)}</dd>" for name, what in facts)}</dl>'
        case Table():
            said = _table(it)
        case Commands(commands):
            rows = (f"<li>{escape(what)}<code>{escape(typed)}</code></li>" for typed, what in commands)
            said = f'<ul class="commands">{"".join(rows)}</ul>'
        case Change(change):
            said = f'<div class="change">{"".join(_changed(change))}</div>{_run_with(change)}'
        case Growth(curve):
            said = drawn(curve)
        case SideBySide():
            said = _side_by_side(it)
        case Trend():
            said = trend(it)
        case _:
            assert_never(it)
    return said


def _table(it: Table) -> str:
    looks = dict.fromkeys(it.figures, ' class="figure"')
    heads = "".join(f"<th{looks.get(head, '')}>{escape(head)}</th>" for head in it.heads)
    rows = "".join(f"<tr>{''.join(_cells(it, row))}</tr>" for row in it.rows)
    look = ' class="wide"' if len(it.heads) > MOST_COLUMNS else ""
    return f'<div class="scroll" tabindex="0"><table{look}><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table></div>'


def _cells(it: Table, row: tuple[Said, ...]) -> Iterator[str]:
    for head, said in zip(it.heads, row, strict=True):
        look = " ".join(filter(None, ["figure" if head in it.figures else "", "" if said.mood is Mood.PLAIN else said.mood.value]))
        classes = f' class="{look}"' if look else ""
        yield f'<td{classes} data-head="{escape(head)}">{escape(said.text)}</td>'


def _changed(it: Diff) -> Iterator[str]:
    """The prompt by word, what was taken out and put in marked; long stretches that stayed are cut."""
    last = len(it.words) - 1
    for place, piece in enumerate(it.words):
        if piece.op is Op.EQUAL:
            yield _stayed(piece.text, first=place == 0, last=place == last)
        else:
            yield f"<{_TAGS[piece.op]}>{escape(piece.text)}</{_TAGS[piece.op]}>"


def _stayed(text: str, *, first: bool, last: bool) -> str:
    """What stayed: its end before a change, its beginning after one."""
    head, tail = (0 if first else KEPT), (0 if last else KEPT)
    if len(text) <= head + tail + KEPT:
        return escape(text)
    before, after = text[:head].rpartition(" ")[0], text[len(text) - tail :].partition(" ")[2] if tail else ""
    cut = f'<span class="cut"> … {len(text) - len(before) - len(after):,} characters as before … </span>'
    return f"{escape(before)}{cut}{escape(after)}"


def _run_with(it: Diff) -> str:
    """What else the version is run with that changed."""
    rows = [(one.path, f"{one.before} → {one.after}") for name in it.run_with for one in getattr(it, name)]
    return block(Facts(tuple(rows))) if rows else ""


def _side_by_side(it: SideBySide) -> str:
    counts = f"{it.incumbent.count} → {it.candidate.count}"
    summary = f"<summary>{it.number}. {escape(it.goal)}<span>{escape(counts)}</span></summary>"
    opened, sides = " open" if it.number <= OPEN else "", f"{_side(it.incumbent)}{_side(it.candidate)}"
    return f'<details class="sides"{opened}>{summary}<div>{sides}</div></details>'


def _side(it: Conversation) -> str:
    said = "".join(f'<p class="say {who.lower()}"><b>{escape(who)}</b>{escape(text)}</p>' for who, text in it.said)
    return f'<div class="side"><h4>{escape(it.version)}</h4>{said}<p class="ending {it.ending.mood}">{escape(it.ending.text)}</p></div>'
