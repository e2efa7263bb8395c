"""A shadow test's evidence as a picture: four e-values against what they must reach, and below them both versions' success."""

from typing import TYPE_CHECKING, Final

import numpy as np

from deployments.plots.page import BLUE, GREY, INK, ORANGE, RED, plain, written
from lifecycle_core.retraining.curve import Curve

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

PAGE_INCHES: Final = (9.0, 6.6)
LINES: Final = (
    ("e_better", "better", BLUE, "-"),
    ("e_worse", "worse", RED, (0, (5, 1))),
    ("e_worse_escalation", "more hand-offs", ORANGE, (0, (1, 1))),
    ("futility", "short of the gate", GREY, (0, (4, 1, 1, 1))),
)
"""Each e-value, its name, and its look: dashes tell them apart where colour does not."""
_LEAST, _MOST = 1e-2, 1e6
"""Beyond these nobody decides otherwise."""


def drawn(it: Curve, title: str, kind: str) -> bytes:
    """The picture of `it`, of the kind "svg" or "png"."""

    def compose(page: "Figure") -> None:
        grid = page.add_gridspec(2, 1, height_ratios=[2.0, 1.0], hspace=0.28, left=0.09, right=0.975, top=0.85, bottom=0.09)
        above = page.add_subplot(grid[0])
        below = page.add_subplot(grid[1], sharex=above)
        page.text(0.09, 0.975, title, fontsize=13, fontweight="bold", color=INK, va="top", parse_math=False)
        _draw_evidence(above, it)
        _draw_rates(below, it)
        for axes in (above, below):
            plain(axes)
            axes.grid(axis="y", color="#d9d9d9", linewidth=0.6, zorder=0)

    return written(compose, PAGE_INCHES, kind)


def _draw_evidence(axes: "Axes", it: Curve) -> None:
    n = [one.n for one in it.points]
    for name, label, colour, dashes in LINES:
        values = np.clip([getattr(one, name) for one in it.points], _LEAST, _MOST)
        (line,) = axes.plot(n, values, color=colour, linestyle=dashes, linewidth=1.5, label=label, zorder=3)
        line.set_gid(f"evidence-{name}")
    for level, label, side in ((it.level, "shown", "bottom"), (it.futility_level, "futile", "top")):
        axes.axhline(level, color=INK, linewidth=0.9, linestyle=(0, (1, 2)))
        axes.annotate(f"{label}: {level:g}", (1.0, level), xycoords=("axes fraction", "data"), ha="right", va=side, fontsize=9)
    for one in it.points:
        if one.look:
            axes.axvline(one.n, color="#d9d9d9", linewidth=0.8, zorder=1)
    axes.set_yscale("log")
    axes.set_title(
        "e-values, on a logarithmic scale; upright lines are the looks at which gates are asked", loc="left", fontsize=10, color=INK
    )
    axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1.07), ncols=4, frameon=False, fontsize=9.5)


def _draw_rates(axes: "Axes", it: Curve) -> None:
    n = [one.n for one in it.points]
    for name, label, colour, dashes in (("incumbent_rate", "incumbent", GREY, (0, (5, 2))), ("candidate_rate", "candidate", BLUE, "-")):
        (line,) = axes.plot(n, [100 * getattr(one, name) for one in it.points], color=colour, linestyle=dashes, linewidth=1.4, label=label)
        line.set_gid(f"rate-{name}")
    axes.set_title("success so far, %", loc="left", fontsize=10, color=INK)
    axes.set_xlabel("samples", color=GREY)
    axes.legend(loc="lower right", ncols=2, frameon=False, fontsize=9.5)
