"""Two versions of a variant, side by side, by what their traffic came to. Traffic is not randomised: other times, other customers."""

from dataclasses import dataclass

from lifecycle_core.versions.version import Performance


@dataclass(frozen=True, slots=True, kw_only=True)
class Differences:
    """Relative changes from the first version to the second; None where either side is unknown or the first is zero."""

    booking_rate: float | None
    escalation_rate: float | None
    avg_cost_usd: float | None
    avg_tokens: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """What the traffic of two versions came to, and how the second differs."""

    variant_name: str
    version1: Performance
    version2: Performance
    differences: Differences


def compare(variant: str, version1: Performance, version2: Performance) -> Comparison:
    """Set the performance of two versions side by side."""
    differences = Differences(
        booking_rate=relative_change(version1.booking_rate, version2.booking_rate),
        escalation_rate=relative_change(version1.escalation_rate, version2.escalation_rate),
        avg_cost_usd=relative_change(version1.avg_cost_usd, version2.avg_cost_usd),
        avg_tokens=relative_change(version1.avg_tokens, version2.avg_tokens),
    )
    return Comparison(variant_name=variant, version1=version1, version2=version2, differences=differences)


def relative_change(reference: float | None, recent: float | None) -> float | None:
    """`(recent - reference) / reference`; None where either is unknown or the reference is zero.

    >>> round(relative_change(0.75, 0.82), 4)
    0.0933
    >>> relative_change(0.0, 0.5) is None
    True
    """
    return None if reference is None or recent is None or reference == 0 else (recent - reference) / reference
