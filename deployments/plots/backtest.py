"""A backtest as one page: a chart a metric over one axis of time, the alarms of two policies on it, and the retrainings below.

1. The same backtest gives the same bytes: no date, no chance in names, no state that outlives the drawing.
2. Colour never tells alone: alarms of the one policy are a tint, of the other a hatching; lines differ in dashes.
3. A band is the 95% interval of a rate in its window. Means, medians and the mix have none: hourly sums do not tell their spread.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from textwrap import wrap
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from deployments.plots.page import BLUE, GREY, INK, ORANGE, SKY, plain, written
from deployments.wire.backtest import verdict
from lifecycle_core.drift.report import Metric
from lifecycle_core.drift.windows import DAY
from lifecycle_core.retraining.backtests import Backtest, Chart, Course
from lifecycle_core.statistics.arrays import Array
from lifecycle_core.statistics.intervals import critical, wilson

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.ticker import Locator

PAGE_INCHES: Final = (11.0, 14.5)
MOST_POINTS: Final = 2000
LEFT: Final = 0.095
LINE_CHARACTERS: Final = 84
MOST_LINES: Final = 2
RATES: Final = {Metric.BOOKING_RATE, Metric.ESCALATION_RATE}
_FAR: Final = 3.0
"""A threshold so many times further off than the figures would flatten them: it is told, not drawn."""


@dataclass(frozen=True, slots=True)
class _Side:
    """One policy's alarms in the picture."""

    name: str
    told: str
    course: Course
    look: dict[str, Any]
    mark: str


def drawn(it: Backtest, kind: str) -> bytes:
    """The picture of `it`, of the kind "svg" or "png"."""
    return written(lambda page: _compose(page, it), PAGE_INCHES, kind)


def sides(it: Backtest) -> tuple[_Side, _Side]:
    """The two policies that are drawn: the present one, and the changed one or else its bare thresholds."""
    tint: dict[str, Any] = {"facecolor": ORANGE, "edgecolor": ORANGE, "alpha": 0.5, "linewidth": 0.9}
    hatching: dict[str, Any] = {"facecolor": "none", "edgecolor": BLUE, "hatch": "////", "alpha": 0.75, "linewidth": 0.5}
    own = _Side("current", "present policy", it.current, tint, "^")
    if it.changed is None:
        return own, _Side("threshold", "bare thresholds", it.bare, hatching, "v")
    return own, _Side("changed", "changed policy", it.changed, hatching, "v")


def _compose(page: "Figure", it: Backtest) -> None:
    grid = page.add_gridspec(len(it.charts) + 1, 1, height_ratios=[*[1.0] * len(it.charts), 0.42], hspace=0.34)
    grid.update(left=LEFT, right=0.975, top=0.868, bottom=0.03)
    both = sides(it)
    first = page.add_subplot(grid[0])
    charts = [first, *(page.add_subplot(grid[place], sharex=first) for place in range(1, len(it.charts)))]
    for axes, chart in zip(charts, it.charts, strict=True):
        _draw_chart(axes, it, chart, both)
        axes.tick_params(labelbottom=False)
    below = page.add_subplot(grid[len(it.charts)], sharex=first)
    _draw_retrainings(below, both)
    _draw_time(below, it)
    for axes in (*charts, below):
        _draw_switches(axes, it, named=axes is first)
        plain(axes)
    _draw_heading(page, it, both)


def _draw_heading(page: "Figure", it: Backtest, both: Sequence[_Side]) -> None:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    start, end = it.window.start, it.window.end
    lines = wrap(f"{it.variant}: {verdict(it)}", LINE_CHARACTERS)
    size = 13.0 if len(lines) <= MOST_LINES else 13.0 * MOST_LINES / len(lines)
    lines = lines if len(lines) <= MOST_LINES else wrap(" ".join(lines), int(LINE_CHARACTERS * 13.0 / size))
    page.text(LEFT, 0.978, "\n".join(lines), fontsize=size, fontweight="bold", color=INK, va="top", linespacing=1.25, parse_math=False)
    told = f"{start:%Y-%m-%d %H:%MZ} to {end:%Y-%m-%d %H:%MZ}, {len(it.ends):,} hourly checks, n {it.conversations:,} conversations"
    page.text(LEFT, 0.934, told, fontsize=10.5, color=GREY, va="top")
    hours = it.current.policy.recent_hours
    handles = [
        Line2D([], [], color=INK, linewidth=1.4, label=f"last {hours} h"),
        Patch(facecolor=SKY, alpha=0.4, label="95% interval"),
        Line2D([], [], color=GREY, linewidth=1.2, linestyle=(0, (5, 2)), label="reference"),
        Line2D([], [], color=INK, linewidth=1.0, linestyle=(0, (1, 2)), label="threshold"),
        *(Patch(**side.look, label=f"alarm, {side.told}") for side in both),
    ]
    page.legend(
        handles=handles,
        loc="upper left",
        bbox_to_anchor=(LEFT - 0.007, 0.919),
        ncols=6,
        frameon=False,
        fontsize=9.5,
        handlelength=2.2,
        columnspacing=1.4,
    )


def _draw_chart(axes: "Axes", it: Backtest, chart: Chart, both: Sequence[_Side]) -> None:
    days = it.ends / DAY
    few = slice(None, None, -(-len(days) // MOST_POINTS))
    mix = chart.metric is Metric.ACTION_DISTRIBUTION
    recent = np.where(_too_few(chart, it), np.nan, chart.change if mix else chart.recent)
    limit = _limit(chart)
    drawn_figures = [recent]
    for side in both:
        _shade(axes, side, chart.metric)
    if chart.metric in RATES:
        known = np.nan_to_num(chart.recent_n)
        low, high = wilson(np.nan_to_num(recent) * known, known, critical(0.95))
        unknown = np.isnan(recent) | (known == 0)
        low, high = np.where(unknown, np.nan, low), np.where(unknown, np.nan, high)
        drawn_figures += [low, high]
        axes.fill_between(days[few], low[few], high[few], color=SKY, alpha=0.4, linewidth=0, zorder=2)
    if not mix:
        axes.plot(days[few], chart.reference[few], color=GREY, linewidth=1.2, linestyle=(0, (5, 2)), drawstyle="steps-post", zorder=3)
    near = _near(recent, limit)
    if near:
        drawn_figures.append(limit)
        axes.plot(days[few], limit[few], color=INK, linewidth=1.0, linestyle=(0, (1, 2)), zorder=3)
    axes.plot(days[few], recent[few], color=INK, linewidth=1.4, zorder=4)
    axes.set_title(_title(chart, it, near=near), loc="left", fontsize=10.5, color=INK, pad=5)
    _scale(axes, drawn_figures, chart.recent_n >= it.current.policy.min_samples_for_comparison)
    axes.yaxis.set_major_formatter(_unit(chart.metric))
    axes.yaxis.set_major_locator(_ticks())
    axes.grid(axis="y", color="#d9d9d9", linewidth=0.6, zorder=0)
    if not np.isfinite(recent).any():
        axes.text(0.5, 0.5, "no conversation tells it", transform=axes.transAxes, ha="center", va="center", color=GREY)
        axes.set_yticks([])


def _scale(axes: "Axes", figures: Sequence[Array], enough: NDArray[np.bool_]) -> None:
    """Let the axis show the figures of hours with enough conversations, and nearly all that stands beside them.

    The first hours of a version, of few conversations, would flatten all others. figures : those of the window, then others.
    """
    recent, *others = (it[np.isfinite(it) & (enough if enough.any() else True)] for it in figures)
    if not len(recent):
        return
    usual = [np.percentile(it, [1, 99]) for it in others if len(it)]
    low, high = (float(end([end(recent), *(end(it) for it in usual)])) for end in (np.min, np.max))
    margin = 0.06 * (high - low) or 0.1 * abs(high) or 1.0
    axes.set_ylim(max(0.0, low - margin) if low >= 0 else low - margin, high + margin)


def _shade(axes: "Axes", side: _Side, metric: Metric) -> None:
    spans = side.course.spans[metric]
    if not len(spans):
        return
    from matplotlib.collections import PolyCollection

    begin, end = spans.T / DAY
    corners = np.stack([np.stack([begin, end, end, begin], axis=1), np.tile([0.0, 0.0, 1.0, 1.0], (len(spans), 1))], axis=2)
    shade = PolyCollection(list(corners), transform=axes.get_xaxis_transform(), zorder=1, **side.look)
    shade.set_gid(f"alarms-{metric}-{side.name}")
    axes.add_collection(shade, autolim=False)


def _draw_retrainings(axes: "Axes", both: Sequence[_Side]) -> None:
    for place, side in enumerate(both):
        times = [begun.at / DAY for begun in side.course.retrainings]
        face = ORANGE if place == 0 else "white"
        marks = axes.plot(
            times,
            [place] * len(times),
            side.mark,
            color=face,
            markeredgecolor=INK if place == 0 else BLUE,
            markersize=8,
            clip_on=False,
            zorder=3,
        )
        marks[0].set_gid(f"retrainings-{side.name}")
    axes.set_ylim(len(both) - 0.4, -0.6)
    axes.set_yticks(range(len(both)), [f"{side.told.partition(' ')[0]}: {len(side.course.retrainings):,}" for side in both])
    axes.set_title("Retrainings begun", loc="left", fontsize=10.5, color=INK, pad=5)
    axes.grid(axis="y", color="#d9d9d9", linewidth=0.6)


def _draw_time(axes: "Axes", it: Backtest) -> None:
    from datetime import UTC

    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter

    locator = AutoDateLocator(tz=UTC, minticks=4, maxticks=10)  # type: ignore[no-untyped-call]
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(ConciseDateFormatter(locator, tz=UTC, show_offset=False))  # type: ignore[no-untyped-call]
    axes.set_xlim(it.ends[0] / DAY, (it.ends[-1] + 1) / DAY)


def _draw_switches(axes: "Axes", it: Backtest, *, named: bool) -> None:
    for hour, version in it.switches:
        axes.axvline(hour / DAY, color=INK, linewidth=1.0, linestyle=(0, (6, 3)), zorder=5)
        if named:
            axes.annotate(
                f"v{version}",
                (hour / DAY, 1.0),
                xycoords=axes.get_xaxis_transform(),
                xytext=(4, -11),
                textcoords="offset points",
                fontsize=9,
                zorder=6,
                bbox={"facecolor": "white", "edgecolor": "none", "pad": 1.0},
            )


def _too_few(chart: Chart, it: Backtest) -> NDArray[np.bool_]:
    """Whether a window holds so few conversations, for a check and beside the others, that its figure is noise."""
    known = chart.recent_n[chart.recent_n > 0]
    usual = float(np.median(known)) if len(known) else 0.0
    few: NDArray[np.bool_] = ~(chart.recent_n >= min(it.current.policy.min_samples_for_comparison, usual / 2))
    return few


def _limit(chart: Chart) -> Array:
    """Where the threshold lies: below the reference for bookings, above it for the rest; for the mix a floor of its own."""
    if chart.metric is Metric.ACTION_DISTRIBUTION:
        return np.full(len(chart.change), chart.threshold)
    sign = -1 if chart.metric is Metric.BOOKING_RATE else 1
    return chart.reference * (1 + sign * chart.threshold)


def _near(figures: Array, limit: Array) -> bool:
    """Whether a threshold lies near enough to the figures to be drawn with them."""
    if not (np.isfinite(figures).any() and np.isfinite(limit).any()):
        return False
    low, high = np.nanmin(figures), np.nanmax(figures)
    reach = _FAR * max(high - low, abs(high) / 2)
    return bool(low - reach <= np.nanmedian(limit) <= high + reach)


def _title(chart: Chart, it: Backtest, *, near: bool) -> str:
    name = chart.metric.replace("_", " ").capitalize()
    figure = {
        Metric.COST: ", mean of a conversation",
        Metric.RESPONSE_TIME: ", median",
        Metric.ACTION_DISTRIBUTION: ", total variation to the reference",
    }.get(chart.metric, "")
    usual = (
        f", about {np.nanmedian(chart.recent_n):,.0f} in {it.current.policy.recent_hours} h" if np.isfinite(chart.recent_n).any() else ""
    )
    sign = "-" if chart.metric is Metric.BOOKING_RATE else "" if chart.metric is Metric.ACTION_DISTRIBUTION else "+"
    away = "" if near else ", off the chart"
    return f"{name}{figure}  (n {chart.n:,}{usual}; threshold {sign}{chart.threshold:.0%}{away})"


def _unit(metric: Metric) -> Callable[[float, float], str]:
    if metric is Metric.COST:
        return lambda value, _: f"${value:.3g}"
    if metric is Metric.RESPONSE_TIME:
        return lambda value, _: f"{value:.3g} s"
    return lambda value, _: f"{100 * value:.3g}%"


def _ticks() -> "Locator":
    from matplotlib.ticker import MaxNLocator

    return MaxNLocator(5, steps=[1, 2, 2.5, 5, 10])
