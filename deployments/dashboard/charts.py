"""Charts as SVG that carries classes only: the page's policy forbids styles in elements, and the stylesheet colours for light and dark.

1. Lines stretch with the page; points and words are placed by percentages and keep their size at every width.
2. A gap is a gap. A point of few conversations is hollow. The bars below say how many there were.
3. Words beside an axis are HTML's; what a drawing says is in its label too, and in a table under it.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import log10
from statistics import median
from typing import Final

from markupsafe import Markup, escape

from lifecycle_core.retraining.curve import Curve
from lifecycle_core.retraining.report.blocks import Day, Trend, Unit

LEAST, MOST = 1e-2, 1e6
"""Evidence beyond these decides nothing otherwise."""
CURVES: Final = (
    ("e_better", "better"),
    ("e_worse", "worse"),
    ("e_worse_escalation", "more hand-offs"),
    ("futility", "short of the gate"),
)
_TOP: Final = 100.0
_GRID: Final = 3
_ROOM: Final = 0.08
_LABELS: Final = 4
_DOLLAR: Final = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """Something that happened: where in the span, 0 to 1, its kind (promoted, rollback, drift, retraining), and its words."""

    place: float
    kind: str
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Guide:
    """What a metric is held against.

    reference : its value in the weeks before; level : where its change passes the threshold; harm : "below", "above" or "" for neither.
    """

    reference: float | None
    level: float | None = None
    harm: str = ""


def figure(unit: Unit, value: float | None) -> str:
    """A figure as a chart writes it: as many digits as tell.

    >>> figure(Unit.PERCENT, 0.6512), figure(Unit.DOLLARS, 0.00123), figure(Unit.DOLLARS, 1.5), figure(Unit.SECONDS, None)
    ('65.1%', '$0.001230', '$1.50', '-')
    """
    if value is None:
        return "-"
    if unit is Unit.DOLLARS:
        return f"${value:.2f}" if value >= _DOLLAR else f"${value:.6f}"
    return unit.written(value)


def spark(it: Trend, reference: float | None) -> Markup:
    """A metric in a line's height, with the band in which a day of it lies by chance around its reference."""
    told = [day for day in it.days if day.value is not None]
    if not told:
        return Markup('<span class="dim">no data</span>')
    scale = _Scale.of(it, Guide(reference=reference))
    band = _band(it, reference, scale)
    runs = "".join(f'<path class="line" d="M{_run(run, len(it.days), scale)}"/>' for run in _runs(it.days))
    last = max(number for number, day in enumerate(it.days) if day.value is not None)
    dot = f'<circle class="now" cx="{_place(last, len(it.days)):.1f}%" cy="{scale.height(told[-1].value):.1f}%" r="2.5"/>'
    said = f"{it.name}: {figure(it.unit, told[-1].value)} of n = {told[-1].n:,}"
    return Markup(f'<svg class="spark" role="img" aria-label="{escape(said)}">{_stretched(band + runs)}{dot}</svg>')  # noqa: S704 - of numbers


def panel(it: Trend, guide: Guide, marks: Sequence[Mark] = ()) -> Markup:
    """A metric day by day: its intervals, its reference with a day's noise, its threshold, harm shaded, what happened, and n below."""
    told = [day for day in it.days if day.value is not None]
    if not told:
        return Markup('<p class="dim empty">No conversation tells it in these days.</p>')
    scale = _Scale.of(it, guide)
    under = _harm(guide, scale) + _band(it, guide.reference, scale)
    under += "".join(f'<path class="grid" d="M0 {height:.2f}H100"/>' for height, _ in scale.grid(it.unit))
    under += "".join(f'<path class="event {escape(mark.kind)}" d="M{100 * mark.place:.2f} 0V100"/>' for mark in marks)
    if guide.level is not None:
        under += f'<path class="level" d="M0 {scale.height(guide.level):.2f}H100"/>'
    lines = "".join(_shapes(it, scale))
    points = "".join(_points(it, scale))
    axis = "".join(f'<text x="100%" y="{height:.1f}%" dy="4">{escape(words)}</text>' for height, words in scale.grid(it.unit))
    said = f"{it.name}: {len(told)} days, last {figure(it.unit, told[-1].value)} of n = {told[-1].n:,}"
    return Markup(  # noqa: S704 - of numbers, and of words that are escaped
        f'<div class="panel" role="img" aria-label="{escape(said)}">'
        f'<svg class="axis" aria-hidden="true">{axis}</svg><svg class="field" aria-hidden="true">{_stretched(under + lines)}{points}</svg>'
        f'<svg class="axis counts" aria-hidden="true"><text x="100%" y="90%">n {max(day.n for day in told):,}</text></svg>'
        f'<svg class="field counts" aria-hidden="true">{_bars(it)}</svg>'
        f'<svg class="field dates" aria-hidden="true">{_dates(it)}</svg></div>'
    )


def growth(it: Curve) -> Markup:
    """The evidence after each sample, logarithmic, with its boundaries, and below it both versions' success so far."""
    last = it.points[-1]
    most = max([10.0, it.level, it.futility_level] + [min(getattr(one, name), MOST) for one in it.points for name, _ in CURVES])
    high, low = log10(most) + 0.2, log10(LEAST)

    def height(value: float) -> float:
        return _TOP * (high - log10(min(max(value, LEAST), MOST))) / (high - low)

    grid = [
        (height(value), f"{value:g}" if value < 1 else f"{value:,.0f}") for value in (LEAST, 1.0, 100.0, 10_000.0, MOST) if value <= most
    ]
    looks = "".join(f'<path class="look" d="M{_TOP * one.n / last.n:.2f} 0V100"/>' for one in it.points if one.look)
    across = "".join(f'<path class="grid" d="M0 {top:.2f}H100"/>' for top, _ in grid)
    levels = ((height(it.level), f"shown at {it.level:g}"), (height(it.futility_level), f"futile at {it.futility_level:g}"))
    across += "".join(f'<path class="level" d="M0 {top:.2f}H100"/>' for top, _ in levels)
    placed = zip(levels, (-5, 14), strict=True)
    words = "".join(f'<text class="name" x="100%" y="{top:.1f}%" dx="-4" dy="{dy}">{said}</text>' for (top, said), dy in placed)
    lines = "".join(f'<path class="line {name}" d="M{_curve(it, name, height)}"/>' for name, _ in CURVES)
    axis = "".join(f'<text x="100%" y="{top:.1f}%" dy="4">{said}</text>' for top, said in grid)
    rates = "".join(
        f'<path class="line {name}" d="M{_curve(it, name, lambda share: _TOP * (1 - share))}"/>'
        for name in ("incumbent_rate", "candidate_rate")
    )
    halves = "".join(f'<text x="100%" y="{top}%" dy="4">{said}</text>' for top, said in ((0, "100%"), (50, "50%"), (100, "0%")))
    said = f"After {last.n} samples the evidence of better is {last.e_better:,.1f} of {it.level:g}."
    ends = f'<text class="first" x="0" y="12">0</text><text class="last" x="100%" y="12">{last.n:,} samples</text>'
    return Markup(  # noqa: S704 - of numbers
        f'<figure class="evidence"><div class="panel" role="img" aria-label="{said}">'
        f'<svg class="axis tall" aria-hidden="true">{axis}</svg>'
        f'<svg class="field tall" aria-hidden="true">{_stretched(across + looks + lines)}{words}</svg>'
        f'<svg class="axis short" aria-hidden="true">{halves}</svg><svg class="field short" aria-hidden="true">{_stretched(rates)}</svg>'
        f'<svg class="field dates" aria-hidden="true">{ends}</svg></div></figure>'
    )


def interval(low: float, value: float, high: float, limit: float | None, span: float) -> Markup:
    """A figure with its interval on an axis from -span to span, zero in the middle, and where a limit lies."""

    def place(it: float) -> float:
        return 50 + 50 * max(-1.0, min(1.0, it / span))

    marks = f'<path class="zero" d="M50 0V100"/><path class="reach" d="M{place(low):.1f} 50H{place(high):.1f}"/>'
    if limit is not None:
        marks += f'<path class="level" d="M{place(limit):.1f} 0V100"/>'
    dot = f'<circle class="now" cx="{place(value):.1f}%" cy="50%" r="4"/>'
    return Markup(f'<svg class="interval" aria-hidden="true">{_stretched(marks)}{dot}</svg>')  # noqa: S704 - of numbers


@dataclass(frozen=True, slots=True)
class _Scale:
    """A linear axis."""

    low: float
    high: float

    @classmethod
    def of(cls, it: Trend, guide: Guide) -> "_Scale":
        """One that holds all values, the intervals of days with enough conversations, the reference and the threshold, with some room."""
        values = [day.value for day in it.days if day.value is not None]
        values += [end for day in it.days if day.interval is not None and day.n >= it.fewest for end in day.interval]
        values += [one for one in (guide.reference, guide.level) if one is not None]
        room = _ROOM * (max(values) - min(values)) or _TOP / 1000 * abs(max(values)) or 1.0
        top = max(values) + room
        return cls(max(0.0, min(values) - room), min(1.0, top) if it.unit is Unit.PERCENT else top)

    def height(self, value: float | None) -> float:
        """How far from the top, in hundredths."""
        return _TOP * (self.high - min(max(value or 0.0, self.low), self.high)) / ((self.high - self.low) or 1.0)

    def grid(self, unit: Unit) -> list[tuple[float, str]]:
        """Where the axis is marked, and with what words."""
        steps = [self.high - (self.high - self.low) * number / (_GRID - 1) for number in range(_GRID)]
        return [
            (self.height(value), f"{value:.0%}" if unit is Unit.PERCENT and self.high - self.low > _ROOM else figure(unit, value))
            for value in steps
        ]


def _stretched(shapes: str) -> str:
    return f'<svg viewBox="0 0 100 100" preserveAspectRatio="none" width="100%" height="100%">{shapes}</svg>'


def _place(number: int, days: int) -> float:
    return _TOP * (number + 0.5) / days


def _runs(days: Sequence[Day]) -> Iterator[list[tuple[int, Day]]]:
    """The days that lie side by side and have values."""
    run: list[tuple[int, Day]] = []
    for number, day in enumerate(days):
        if day.value is not None:
            run.append((number, day))
        elif run:
            yield run
            run = []
    if run:
        yield run


def _run(run: Sequence[tuple[int, Day]], days: int, scale: _Scale) -> str:
    return "L".join(f"{_place(number, days):.2f} {scale.height(day.value):.2f}" for number, day in run)


def _noise(it: Trend) -> float | None:
    """Half the width of an ordinary day's 95% interval."""
    widths = [(day.interval[1] - day.interval[0]) / 2 for day in it.days if day.interval is not None and day.n >= it.fewest]
    return median(widths) if widths else None


def _band(it: Trend, reference: float | None, scale: _Scale) -> str:
    if reference is None:
        return ""
    noise, line = _noise(it), f'<path class="reference" d="M0 {scale.height(reference):.2f}H100"/>'
    if noise is None:
        return line
    top, bottom = scale.height(reference + noise), scale.height(reference - noise)
    return f'<rect class="band" x="0" y="{top:.2f}" width="100" height="{bottom - top:.2f}"/>{line}'


def _harm(guide: Guide, scale: _Scale) -> str:
    if guide.level is None or not guide.harm:
        return ""
    edge = scale.height(guide.level)
    top, height = (edge, _TOP - edge) if guide.harm == "below" else (0.0, edge)
    return f'<rect class="harm" x="0" y="{top:.2f}" width="100" height="{height:.2f}"/>'


def _shapes(it: Trend, scale: _Scale) -> Iterator[str]:
    for number, day in enumerate(it.days):
        if day.interval is not None:
            low, high = (scale.height(end) for end in day.interval)
            yield f'<path class="reach" d="M{_place(number, len(it.days)):.2f} {low:.2f}V{high:.2f}"/>'
    for run in _runs(it.days):
        yield f'<path class="line" d="M{_run(run, len(it.days), scale)}"/>'


def _points(it: Trend, scale: _Scale) -> Iterator[str]:
    for number, day in enumerate(it.days):
        if day.value is not None:
            look = "few" if day.n < it.fewest else "point"
            yield f'<circle class="{look}" cx="{_place(number, len(it.days)):.2f}%" cy="{scale.height(day.value):.2f}%" r="3"/>'


def _bars(it: Trend) -> str:
    most, width = max(day.n for day in it.days) or 1, _TOP / len(it.days)
    bars = (
        f'<rect class="bar" x="{_place(number, len(it.days)) - 0.3 * width:.2f}%" y="{100 - 100 * day.n / most:.1f}%"'
        f' width="{0.6 * width:.2f}%" height="{100 * day.n / most:.1f}%"/>'
        for number, day in enumerate(it.days)
        if day.n
    )
    return "".join(bars)


def _dates(it: Trend) -> str:
    last = len(it.days) - 1
    chosen = sorted({round(last * number / (_LABELS - 1)) for number in range(_LABELS)})
    looks = {chosen[0]: ' class="first"', chosen[-1]: ' class="last"'}
    places = ((number, _place(number, len(it.days)), it.days[number].label) for number in chosen)
    return "".join(f'<text{looks.get(number, "")} x="{place:.1f}%" y="12">{escape(label)}</text>' for number, place, label in places)


def _curve(it: Curve, name: str, height: Callable[[float], float]) -> str:
    last = it.points[-1].n
    return "L".join(f"{_TOP * one.n / last:.2f} {height(getattr(one, name)):.2f}" for one in it.points)
