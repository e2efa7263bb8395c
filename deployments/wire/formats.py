"""The plan's strings: "75.00%", "-13.33%", "$0.000130". They stand beside their numbers and nowhere else."""


def percent(share: float | None) -> str | None:
    """A share as a percentage.

    >>> percent(0.75), percent(None)
    ('75.00%', None)
    """
    return None if share is None else f"{share:.2%}"


def change(relative: float | None) -> str | None:
    """A relative change as a signed percentage.

    >>> change(-0.13333), change(0.6), change(None)
    ('-13.33%', '+60.00%', None)
    """
    return None if relative is None else f"{relative:+.2%}"


def dollars(amount: float | None) -> str | None:
    """An amount in US dollars, to a millionth.

    >>> dollars(0.00013)
    '$0.000130'
    """
    return None if amount is None else f"${amount:.6f}"


def seconds(latency_s: float | None) -> str | None:
    """A latency in seconds.

    >>> seconds(1.8957)
    '1.90s'
    """
    return None if latency_s is None else f"{latency_s:.2f}s"


def statistic(value: float | None) -> str | None:
    """A test statistic.

    >>> statistic(12.4561)
    '12.456'
    """
    return None if value is None else f"{value:.3f}"


def gate_figure(gate: str, figure: float | None) -> str | None:
    """What a gate of a shadow test looks at, each in its own unit.

    >>> gate_figure("success", 0.0933), gate_figure("escalation", -0.015), gate_figure("offline", 0.85), gate_figure("regressions", 0)
    ('+9.33%', '-1.50 points', '0.85', '0')
    """
    if figure is None:
        return None
    if gate == "escalation":
        return f"{100 * figure:+.2f} points"
    if gate == "offline":
        return f"{figure:.2f}"
    if gate == "regressions":
        return f"{figure:.0f}"
    return percent(figure) if gate == "difference" else change(figure)
