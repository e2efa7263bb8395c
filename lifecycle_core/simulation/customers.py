"""Mixes of simulated customers, and the goals that they come with; every name and address is invented."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

from lifecycle_core.replay.chance import chance, seed_of
from lifecycle_core.replay.wants import DAYS
from lifecycle_core.simulation.needs import COMPARING, HURRIED, SENTENCES, Need

_NAMES: Final = ("Jo", "Sam", "Alex", "Robin", "Kim", "Chris", "Toni", "Pat", "Lee", "Max", "Nicky", "Dana")
_SURNAMES: Final = ("Example", "Sample", "Placeholder", "Model", "Specimen", "Nobody", "Somebody", "Tester")
_STREETS: Final = ("Maple Street", "Oak Avenue", "Mill Lane", "Harbour Road", "Station Street", "Garden Row", "Chapel Hill")
_KINDS: Final = (("standard", 0.45), ("deep", 0.30), ("move-out", 0.12), ("office", 0.13))
_WINDOWS: Final = ((8, 12), (9, 13), (10, 14), (11, 15), (9, 15), (8, 14))
_EVENING: Final = (15, 20)
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Mix:
    """Who comes.

    shares : of each need; what is missing to 1 is plain.
    hurried : the share that leaves at the first mishap; comparing : the share that also asks elsewhere.
    """

    shares: tuple[tuple[Need, float], ...]
    hurried: float = 0.2
    comparing: float = 0.06


HEALTHY: Final = Mix(
    shares=(
        (Need.EVENING, 0.06),
        (Need.PRICE, 0.06),
        (Need.VAGUE, 0.10),
        (Need.LATE_HOURS, 0.08),
        (Need.TOLD, 0.10),
        (Need.WISH, 0.06),
        (Need.PERSON, 0.02),
    )
)
"""The customers that an agent was made for."""
DRIFTED: Final = Mix(
    shares=(
        (Need.EVENING, 0.44),
        (Need.PRICE, 0.17),
        (Need.VAGUE, 0.07),
        (Need.LATE_HOURS, 0.05),
        (Need.TOLD, 0.06),
        (Need.WISH, 0.04),
        (Need.PERSON, 0.02),
    ),
    comparing=0.16,
)
"""The customers after a change that nobody told the agent of: they want evenings, and to know what it costs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Customer:
    """One customer: `goal` is what a record keeps, and all that a replay knows of them."""

    id: str
    goal: str
    need: Need


def customer(mix: Mix, seed: int) -> Customer:
    """The customer that `seed` brings.

    >>> customer(HEALTHY, 1) == customer(HEALTHY, 1)
    True
    """
    need = _need(mix, chance(seed, "need"))

    def one(of: Sequence[_T], what: str) -> _T:
        return of[seed_of(seed, what) % len(of)]

    first, end = _EVENING if need is Need.EVENING else one(_WINDOWS, "window")
    day = seed_of(seed, "day") % len(DAYS)
    days = DAYS[day] if chance(seed, "days") < 0.7 else f"{DAYS[day]} or {DAYS[(day + 1) % len(DAYS)]}"  # noqa: PLR2004 - who has but one day
    name = f"{one(_NAMES, 'name')} {one(_SURNAMES, 'surname')}"
    address = f"{1 + seed_of(seed, 'house') % 99} {one(_STREETS, 'street')}"
    sentences = [
        f"You are {name} of {address}, phone 555-01{seed_of(seed, 'phone') % 100:02d}.",
        f"You want a {_kind(chance(seed, 'kind'))} cleaning on {days}, between {first}:00 and {end}:00, and at no other time.",
    ]
    sentences += [SENTENCES[need]] if need in SENTENCES else []
    sentences += [HURRIED] if chance(seed, "hurried") < mix.hurried else []
    sentences += [COMPARING] if chance(seed, "compares") < mix.comparing else []
    return Customer(id=f"customer-{seed_of(seed, 'who') % 10**9:09d}", goal=" ".join(sentences), need=need)


def _need(mix: Mix, drawn: float) -> Need:
    for need, share in mix.shares:
        drawn -= share
        if drawn < 0:
            return need
    return Need.PLAIN


def _kind(drawn: float) -> str:
    for kind, share in _KINDS:
        drawn -= share
        if drawn < 0:
            return kind
    return _KINDS[0][0]
