"""A figure day by day, drawn into a page: its values, their 95% intervals, its threshold, and how many conversations each day had.

A gap is a gap; a day of few conversations is a hollow point. The same stands below it as a table.
"""

from collections.abc import Iterator
from html import escape
from typing import Final

from lifecycle_core.retraining.report.blocks import Day, Trend, Unit

_TOP: Final = 100.0
_MARKS: Final = 3


def trend(it: Trend) -> str:
    """The drawing and its table."""
    told = [day for day in it.days if day.value is not None]
    if not told:
        return f'<figure class="trend"><figcaption>{escape(it.name)}: no conversation tells it in these days</figcaption></figure>'
    low, high = _span(it)
    across = "".join(f'<path class="mark" d="M0 {_TOP * place / (_MARKS - 1):.2f}H100"/>' for place in range(_MARKS))
    words = "".join(_mark(it.unit, high - (high - low) * place / (_MARKS - 1), _TOP * place / (_MARKS - 1)) for place in range(_MARKS))
    if it.level is not None:
        top = _height(it.level[0], low, high)
        across += f'<path class="level" d="M0 {top:.2f}H100"/>'
    places = [_TOP * (place + 0.5) / len(it.days) for place in range(len(it.days))]
    shapes = "".join(_shapes(it, places, low, high))
    points = "".join(_points(it, places, low, high))
    ends = f'<span class="from">{escape(it.days[0].label)}</span><span class="to">{escape(it.days[-1].label)}</span>'
    box = f'<svg viewBox="0 0 100 100" preserveAspectRatio="none" aria-hidden="true">{across}{shapes}</svg>'
    said = f"{it.name}, {len(told)} days, last {it.unit.written(told[-1].value or 0.0)} of n = {told[-1].n:,}"
    least, most = min(day.n for day in told), max(day.n for day in told)
    counted = f"n = {least:,}{'' if least == most else f' to {most:,}'} a day; bars are 95% intervals"
    counted += f", hollow points n under {it.fewest:,}" if least < it.fewest else ""
    counted += f"; dotted: {it.level[1]} {it.unit.written(it.level[0])}" if it.level is not None else ""
    return (
        f'<figure class="trend" role="img" aria-label="{escape(said)}"><figcaption>{escape(it.name)}; {escape(counted)}</figcaption>'
        f'<div class="plot">{box}{points}{words}{ends}</div></figure>{_table(it)}'
    )


def _span(it: Trend) -> tuple[float, float]:
    """What the axis reaches over: all values and intervals, the threshold, and some room."""
    values = [day.value for day in it.days if day.value is not None]
    values += [end for day in it.days if day.interval is not None and day.n >= it.fewest for end in day.interval]
    values += [it.level[0]] if it.level is not None else []
    low, high = min(values), max(values)
    room = 0.08 * (high - low) or 0.1 * abs(high) or 1.0
    top = high + room
    return max(0.0, low - room), min(1.0, top) if it.unit is Unit.PERCENT else top


def _height(value: float, low: float, high: float) -> float:
    """How far from the top, in hundredths."""
    return _TOP * (high - min(max(value, low), high)) / (high - low)


def _mark(unit: Unit, value: float, top: float) -> str:
    told = f"${value:.2g}" if unit is Unit.DOLLARS else unit.written(value)
    return f'<span class="mark" style="top:{top:.2f}%">{told}</span>'


def _shapes(it: Trend, places: list[float], low: float, high: float) -> Iterator[str]:
    """The intervals, and a line through the days that lie side by side."""
    run: list[str] = []
    for day, place in zip(it.days, places, strict=True):
        if day.interval is not None:
            begin, end = (_height(value, low, high) for value in day.interval)
            yield f'<path class="reach" d="M{place:.2f} {begin:.2f}V{end:.2f}"/>'
        if day.value is None:
            yield from _line(run)
            run = []
        else:
            run.append(f"{place:.2f} {_height(day.value, low, high):.2f}")
    yield from _line(run)


def _line(run: list[str]) -> Iterator[str]:
    if len(run) > 1:
        yield f'<path d="M{"L".join(run)}"/>'


def _points(it: Trend, places: list[float], low: float, high: float) -> Iterator[str]:
    for day, place in zip(it.days, places, strict=True):
        if day.value is not None:
            few = ' class="few"' if day.n < it.fewest else ""
            yield f'<i{few} style="left:{place:.2f}%;top:{_height(day.value, low, high):.2f}%"></i>'


def _table(it: Trend) -> str:
    rows = "".join(f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in _cells(it.unit, day))}</tr>" for day in it.days)
    heads = "".join(f"<th>{head}</th>" for head in ("day", "value", "95%", "n"))
    summary = f"<summary>{escape(it.name)}, the same as a table</summary>"
    return f'<details>{summary}<div class="scroll"><table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table></div></details>'


def _cells(unit: Unit, it: Day) -> tuple[str, str, str, str]:
    interval = "" if it.interval is None else f"{unit.written(it.interval[0])} to {unit.written(it.interval[1])}"
    return it.label, "" if it.value is None else unit.written(it.value), interval, f"{it.n:,}"
