"""What every picture shares: colours that the colour-blind tell apart, plain axes, and the same bytes each time."""

from collections.abc import Callable
from io import BytesIO
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

INK, GREY, BLUE, ORANGE, SKY, RED = "#1a1a1a", "#595959", "#0072b2", "#e69f00", "#56b4e9", "#d55e00"
"""Of Okabe and Ito's palette."""
DPI: Final = 110
_SETTINGS: Final[dict[Any, Any]] = {  # the keys that matplotlib's types list by name
    "svg.hashsalt": "agent-lifecycle",
    "svg.fonttype": "none",
    "font.family": ["DejaVu Sans", "sans-serif"],
    "font.size": 10,
    "hatch.linewidth": 0.8,
}


def written(compose: "Callable[[Figure], None]", inches: tuple[float, float], kind: str) -> bytes:
    """The picture that `compose` draws on a page, of the kind "svg" or "png"; it holds no date, and no chance in its names."""
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    with rc_context(_SETTINGS):
        page = Figure(figsize=inches, dpi=DPI)
        compose(page)
        stream = BytesIO()
        page.savefig(stream, format=kind, metadata={"Date": None} if kind == "svg" else {"Software": None})
    return stream.getvalue()


def plain(axes: "Axes") -> None:
    """Leave the frame away where nothing is measured along it."""
    for edge in ("top", "right"):
        axes.spines[edge].set_visible(False)
    axes.tick_params(colors=GREY, labelsize=9.5)
