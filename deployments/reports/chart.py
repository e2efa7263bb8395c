"""Evidence as it grew, drawn into a page: lines that stretch with it, and words beside them that do not.

The colours are the page's own, light or dark; dashes tell the lines apart where colours do not.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from math import log10
from typing import Final

from lifecycle_core.retraining.curve import Curve, Point

EVIDENCE: Final = (
    ("e_better", "better"),
    ("e_worse", "worse"),
    ("e_worse_escalation", "more hand-offs"),
    ("futility", "short of the gate"),
)
RATES: Final = (("incumbent_rate", "incumbent"), ("candidate_rate", "candidate"))
"""What is drawn, by its name in a point, and by what a reader calls it."""
LEAST, MOST = 1e-2, 1e6
"""Evidence beyond these decides nothing otherwise."""
_TENS: Final = (0.01, 1.0, 100.0, 10_000.0, 1_000_000.0)
_TOP: Final = 100.0


def drawn(it: Curve) -> str:
    """The evidence on a logarithmic scale, with what it must reach, and below it both versions' success so far."""
    last, levels = it.points[-1], ((it.level, "shown"), (it.futility_level, "futile"))
    most = max(10.0, *(min(getattr(point, name), MOST) for point in it.points for name, _ in EVIDENCE), *(level for level, _ in levels))
    scale = _Scale(low=log10(LEAST), high=log10(most) + 0.2)
    evidence = _Plot(
        lines=tuple(_Line(name, [scale.height(getattr(point, name)) for point in it.points]) for name, _ in EVIDENCE),
        marks=tuple((scale.height(value), f"{value:,g}") for value in _TENS if value <= most),
        levels=tuple((scale.height(level), f"{what}: {level:g}") for level, what in levels),
    )
    rates = _Plot(
        lines=tuple(_Line(name, [_TOP * (1 - getattr(point, name)) for point in it.points]) for name, _ in RATES),
        marks=((_TOP, "0%"), (_TOP / 2, "50%"), (0.0, "100%")),
    )
    said = f"After {last.n} samples the evidence of better is {last.e_better:,.1f} of {it.level:.0f}."
    return (
        f'<figure class="growth" role="img" aria-label="{escape(said)}">'
        f"<figcaption>e-values after each sample, logarithmic; upright lines are looks at the gates</figcaption>"
        f"{_legend(EVIDENCE)}{_drawn(evidence, it.points)}"
        f"<figcaption>success so far, of simulated customers</figcaption>"
        f"{_legend(RATES)}{_drawn(rates, it.points)}</figure>"
    )


@dataclass(frozen=True, slots=True)
class _Scale:
    """A logarithmic axis, in powers of ten."""

    low: float
    high: float

    def height(self, value: float) -> float:
        """How far from the top, in hundredths."""
        return _TOP * (self.high - log10(min(max(value, LEAST), MOST))) / (self.high - self.low)


@dataclass(frozen=True, slots=True)
class _Line:
    """A line by its name, and how far from the top each of its points lies."""

    name: str
    heights: Sequence[float]


@dataclass(frozen=True, slots=True)
class _Plot:
    """Lines, marks beside the axis, and levels across, the last two with their words."""

    lines: tuple[_Line, ...]
    marks: tuple[tuple[float, str], ...]
    levels: tuple[tuple[float, str], ...] = ()


def _drawn(it: _Plot, points: Sequence[Point]) -> str:
    places = [_TOP * point.n / points[-1].n for point in points]
    looks = "".join(f'<path class="look" d="M{place:.2f} 0V100"/>' for place, point in zip(places, points, strict=True) if point.look)
    across = "".join(f'<path class="mark" d="M0 {top:.2f}H100"/>' for top, _ in it.marks)
    across += "".join(f'<path class="level" d="M0 {top:.2f}H100"/>' for top, _ in it.levels)
    lines = "".join(f'<path class="{one.name}" d="{_path(places, one.heights)}"/>' for one in it.lines)
    words = "".join(f'<span class="mark" style="top:{top:.2f}%">{escape(told)}</span>' for top, told in it.marks)
    words += "".join(f'<span class="level" style="top:{top:.2f}%">{escape(told)}</span>' for top, told in it.levels)
    ends = f'<span class="from">0</span><span class="to">{points[-1].n:,} samples</span>'
    box = f'<svg viewBox="0 0 100 100" preserveAspectRatio="none" aria-hidden="true">{across}{looks}{lines}</svg>'
    return f'<div class="plot">{box}{words}{ends}</div>'


def _path(places: Sequence[float], heights: Sequence[float]) -> str:
    return "M" + "L".join(f"{place:.2f} {height:.2f}" for place, height in zip(places, heights, strict=True))


def _legend(names: Sequence[tuple[str, str]]) -> str:
    line = '<svg viewBox="0 0 28 6" aria-hidden="true"><path class="{}" d="M0 3H28"/></svg>'
    return f'<ul class="legend">{"".join(f"<li>{line.format(name)}{escape(told)}</li>" for name, told in names)}</ul>'
