"""A stored verdict worked out anew from its samples: once as it was found, and once in whole numbers, which round nothing.

1. The same program on the same kind of machine gives each figure bit for bit; another's logarithms may differ in the last digit.
2. So a figure within a billionth of the stored one is the same; whether all are the same bits is told beside that.
3. The e-values are products of fractions: in whole numbers they are exact on any machine, and settle what a level was reached by.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields, is_dataclass, replace
from fractions import Fraction
from math import isclose
from typing import Any, Final

from lifecycle_core.policy import Policy
from lifecycle_core.retraining.analysis import ShadowAnalysis, analyze
from lifecycle_core.retraining.shadow import Sample
from lifecycle_core.statistics.sequential import exact_e_value

TOLERANCE: Final = 1e-9
"""How far a stored figure may lie from the one that its rows give, relative to it."""
E_VALUES: Final = ("e_better", "e_worse", "e_worse_escalation", "futility")


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """A stored verdict, beside what its rows give.

    differences : where it is another, each in a sentence; empty where it is the same.
    bit_for_bit : every figure is the same to the last bit. exact : each e-value in whole numbers, rounded once.
    """

    stored: ShadowAnalysis
    differences: tuple[str, ...]
    bit_for_bit: bool
    exact: dict[str, float]

    @property
    def holds(self) -> bool:
        """Whether the verdict is what its rows give."""
        return not self.differences


def verify(stored: ShadowAnalysis, samples: Iterable[Sample], policy: Policy) -> Verification:
    """Work `stored` out anew, of the samples that it rests on.

    samples : all of the session's, in any order; policy : the session's own.
    """
    used = [it for it in samples if stored.until is not None and it.key <= stored.until]
    given = analyze(
        used,
        policy,
        closed=stored.closed,
        closed_because=stored.closed_because,
        offline_score=stored.offline_score,
        judged_worse=stored.judged_worse,
    )
    if stored.breakage is None:  # what the program that stored it did not tell cannot differ
        given = replace(given, breakage=None)
    exact = exact_evidence([it for it in used if it.counts], policy)
    rounded = _differences("", {name: getattr(stored, name) for name in exact}, exact)
    return Verification(
        stored=stored,
        differences=(*_differences("", stored, given), *(f"in whole numbers, {it}" for it in rounded)),
        bit_for_bit=given == stored,
        exact=exact,
    )


def exact_evidence(samples: Sequence[Sample], policy: Policy) -> dict[str, float]:
    """The four e-values over all `samples`, by their names in an analysis, each an exact fraction that is rounded once."""
    wanted = Fraction(str(policy.shadow.min_success_gain)) + 1
    gained, handed, short = [], [], []
    for it in samples:
        a, b = Fraction(it.incumbent.successes, it.incumbent.replays), Fraction(it.candidate.successes, it.candidate.replays)
        gained.append(b - a)
        handed.append(Fraction(it.candidate.escalations, it.candidate.replays) - Fraction(it.incumbent.escalations, it.incumbent.replays))
        short.append(a - b / wanted)
    increments = gained, [-it for it in gained], handed, short
    return {name: exact_e_value(it) for name, it in zip(E_VALUES, increments, strict=True)}


def differences(stored: ShadowAnalysis, given: ShadowAnalysis) -> tuple[str, ...]:
    """Where two analyses differ by more than rounding, each in a sentence; nothing where one is the other.

    >>> from lifecycle_core.retraining.verdict import Verdict
    >>> one = ShadowAnalysis(verdict=Verdict.COLLECTING, n=0, level=20.0)
    >>> differences(one, ShadowAnalysis(verdict=Verdict.COLLECTING, n=1, level=20.0))
    ('n is stored as 0, and its rows give 1',)
    """
    return tuple(_differences("", stored, given))


def _differences(name: str, stored: Any, given: Any) -> Iterator[str]:  # noqa: ANN401 - any field of a value
    if is_dataclass(stored) and type(stored) is type(given):
        for it in fields(stored):
            yield from _differences(f"{name}.{it.name}" if name else it.name, getattr(stored, it.name), getattr(given, it.name))
    elif isinstance(stored, dict) and isinstance(given, dict):
        for key, value in stored.items():
            yield from _differences(key, value, given[key])
    elif isinstance(stored, tuple) and isinstance(given, tuple) and len(stored) == len(given):
        for place, (one, other) in enumerate(zip(stored, given, strict=True)):
            yield from _differences(f"{name}[{getattr(one, 'name', place)}]", one, other)
    elif isinstance(stored, float) and isinstance(given, float):
        if not isclose(stored, given, rel_tol=TOLERANCE, abs_tol=TOLERANCE):
            yield f"{name} is stored as {stored!r}, and its rows give {given!r}"
    elif stored != given:
        yield f"{name} is stored as {stored!r}, and its rows give {given!r}"
