"""Seeded worlds of traffic: what healthy traffic does by itself, and what an agent that drifts does in it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final

import numpy as np
from numpy.typing import NDArray

from lifecycle_core.statistics.arrays import Array, floats

ACTIONS: Final = ("collect_info", "check_availability", "book_appointment", "confirm")
"""What the simulated booking agent calls."""
_DAY: Final = 24
_WEEKEND: Final = 5
_EPOCH_WEEKDAY: Final = 3
"""1970-01-01 was a Thursday."""
_WEEKEND_TRAFFIC: Final = 0.7
COST_SPREAD: Final = 0.8
LATENCY_SPREAD: Final = 0.5
"""Standard deviations of the logarithms of a conversation's cost and response time."""
STALL: Final = 10.0
RUNAWAY: Final = 20.0
"""What a stall multiplies a response time by, and a runaway a cost."""
FURTHER_CALLS: Final = 5.0
"""Calls a conversation after its first, on average."""
MIX_CONCENTRATION: Final = 8.0
"""How alike a conversation's mix is to all others'; the less, the more its calls hang together."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Behaviour:
    """How an agent behaves: probabilities for each conversation, and what is typical.

    booking, escalation : of a success and of a hand-off.
    cost_usd, latency_s : medians of log-normal figures.
    mix : shares of `ACTIONS`.
    runaways : share of conversations that cost 20 times as much; stalls : share that answer 10 times as slowly.
    unpriced, untimed : shares without a cost and without a response time; free : share that costs nothing; each has bad days, as booking.
    crashes : share that a provider's fault breaks.
    traffic : arrivals, as a multiple of what is usual.
    """

    booking: float = 0.75
    escalation: float = 0.05
    cost_usd: float = 0.0001
    latency_s: float = 2.0
    mix: tuple[float, ...] = (0.40, 0.30, 0.25, 0.05)
    runaways: float = 0.0
    stalls: float = 0.02
    unpriced: float = 0.01
    untimed: float = 0.01
    free: float = 0.0
    crashes: float = 0.0
    traffic: float = 1.0


HEALTHY: Final = Behaviour()
DRIFTS: Final[Mapping[str, Behaviour]] = MappingProxyType(
    {
        "booking .65": Behaviour(booking=0.65),
        "booking .55": Behaviour(booking=0.55),
        "escalation .08": Behaviour(escalation=0.08),
        "escalation .15": Behaviour(escalation=0.15),
        "cost x1.3": Behaviour(cost_usd=1.3 * HEALTHY.cost_usd),
        "cost x2": Behaviour(cost_usd=2 * HEALTHY.cost_usd),
        "latency x1.4": Behaviour(latency_s=1.4 * HEALTHY.latency_s),
        "latency x2": Behaviour(latency_s=2 * HEALTHY.latency_s),
        "action mix": Behaviour(mix=(0.60, 0.20, 0.15, 0.05)),
        "runaways": Behaviour(runaways=0.02),
        "stalls 5%": Behaviour(stalls=0.05),
        "stalls 10%": Behaviour(stalls=0.10),
        "unpriced 10%": Behaviour(unpriced=0.10),
        "untimed 10%": Behaviour(untimed=0.10),
        "free 10%": Behaviour(free=0.10),
        "outage": Behaviour(traffic=0.0),
        "traffic -60%": Behaviour(traffic=0.4),
        "provider fault": Behaviour(crashes=0.30),
    }
)
"""The drifts and incidents whose delays are promised, by name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """What healthy traffic does by itself.

    correlation : of two conversations of a day, for booking, escalation and what goes missing (beta-binomial).
    cost_sd, latency_sd, mix_sd, traffic_sd : one standard deviation of a day, on the logarithmic scale.
    weeks : whether weekends bring less traffic.
    night_booking, night_escalation : relative change from 22 to 6 h; weekend_booking, weekend_escalation, weekend_cost : at weekends;
        noon_latency : from 11 to 14 h.
    """

    correlation: float = 0.0
    cost_sd: float = 0.0
    latency_sd: float = 0.0
    mix_sd: float = 0.0
    traffic_sd: float = 0.0
    weeks: bool = True
    night_booking: float = -0.04
    night_escalation: float = 0.08
    weekend_booking: float = -0.03
    weekend_escalation: float = 0.06
    weekend_cost: float = 0.03
    noon_latency: float = 0.10


_NO_SEASON: Final = dict.fromkeys(
    ("night_booking", "night_escalation", "weekend_booking", "weekend_escalation", "weekend_cost", "noon_latency"), 0.0
)
STILL: Final = World(weeks=False, **_NO_SEASON)
SEASONS: Final = World()
MILD: Final = World(correlation=0.002, cost_sd=0.03, latency_sd=0.04, mix_sd=0.03, traffic_sd=0.10)
ROUGH: Final = World(correlation=0.01, cost_sd=0.07, latency_sd=0.09, mix_sd=0.07, traffic_sd=0.25)
STRONG_SEASONS: Final = replace(
    MILD, night_booking=-0.15, night_escalation=0.30, weekend_booking=-0.08, weekend_escalation=0.16, noon_latency=0.30
)
WORLDS: Final[Mapping[str, World]] = MappingProxyType(
    {"still": STILL, "seasons": SEASONS, "mild": MILD, "rough": ROUGH, "strong seasons": STRONG_SEASONS}
)


@dataclass(frozen=True, slots=True)
class Drawn:
    """Conversations as columns, by the hour in which they ended: (n,) each.

    hour : int, hours since 1970; cost_usd, latency_s : NaN where unknown; calls : (n, actions) int.
    """

    hour: NDArray[np.int64]
    booked: NDArray[np.bool_]
    escalated: NDArray[np.bool_]
    cost_usd: Array
    latency_s: Array
    calls: NDArray[np.int64]
    crashed: NDArray[np.bool_]


def draw(
    world: World,
    generator: np.random.Generator,
    *,
    start: int,
    hours: int,
    per_day: float,
    behaviour: Behaviour = HEALTHY,
    drift: Behaviour | None = None,
    drift_from: int | None = None,
) -> Drawn:
    """The conversations of `hours` hours from hour `start` since 1970.

    per_day : conversations a day on average; behaviour : the agent's; drift : its behaviour from hour `drift_from` on, from the
    first where none is given. The same generator state gives the same conversations.

    >>> drawn = draw(MILD, np.random.default_rng(1), start=0, hours=24, per_day=200)
    >>> drawn.hour.size > 100, bool(drawn.booked.mean() > 0.5)
    (True, True)
    """
    clock = np.arange(start, start + hours)
    moment = Moments(world, generator, clock)
    after = clock >= (start if drift_from is None else drift_from) if drift is not None else np.zeros(hours, bool)
    behaviours = (behaviour, drift or behaviour)

    def choose(name: str) -> Array:
        return floats(np.where(after, getattr(behaviours[1], name), getattr(behaviours[0], name)))

    place = np.repeat(np.arange(hours), generator.poisson(per_day / _DAY * moment.traffic() * choose("traffic")))
    n = len(place)
    booking = np.where(after, *(moment.rate(it.booking, world.night_booking, world.weekend_booking) for it in reversed(behaviours)))
    escalation = np.where(
        after, *(moment.rate(it.escalation, world.night_escalation, world.weekend_escalation) for it in reversed(behaviours))
    )
    crashed = generator.random(n) < choose("crashes")[place]
    apart = generator.spawn(1)[0]
    days = Moments(world, apart, clock)
    unpriced, untimed, free = (
        np.where(after, *(days.rate(getattr(it, name)) for it in reversed(behaviours))) for name in ("unpriced", "untimed", "free")
    )
    booked = (generator.random(n) < booking[place]) & ~crashed
    escalated = (generator.random(n) < escalation[place]) & ~crashed
    logs = np.log(choose("cost_usd") * moment.cost())[place] + COST_SPREAD * generator.standard_normal(n)
    cost = np.exp(logs) * np.where(generator.random(n) < choose("runaways")[place], RUNAWAY, 1.0)
    cost[apart.random(n) < free[place]] = 0.0
    cost[crashed | (generator.random(n) < unpriced[place])] = np.nan
    logs = np.log(choose("latency_s") * moment.latency())[place] + LATENCY_SPREAD * generator.standard_normal(n)
    latency = np.exp(logs) * np.where(generator.random(n) < choose("stalls")[place], STALL, 1.0)
    latency[crashed | (apart.random(n) < untimed[place])] = np.nan
    mixes = np.where(after[:, None], behaviours[1].mix, behaviours[0].mix) * moment.mix(len(behaviour.mix))
    own = generator.standard_gamma(MIX_CONCENTRATION * (mixes / mixes.sum(axis=1, keepdims=True))[place])
    total = 1 + generator.poisson(FURTHER_CALLS, n)
    calls = generator.multinomial(np.where(crashed, 0, total), own / own.sum(axis=1, keepdims=True))
    return Drawn(clock[place], booked, escalated, cost, latency, calls, crashed)


class Moments:
    """What each hour of a world is like.

    world : whose; generator : draws its days, anew at each call; clock : (hours,) int, consecutive hours since 1970.
    """

    def __init__(self, world: World, generator: np.random.Generator, clock: NDArray[np.int64]) -> None:
        self.world, self.generator = world, generator
        self.of_day = clock % _DAY
        self.day = clock // _DAY - clock[0] // _DAY
        self.weekend = ((clock // _DAY + _EPOCH_WEEKDAY) % 7 >= _WEEKEND) & world.weeks
        self.night = (self.of_day >= 22) | (self.of_day < 6)  # noqa: PLR2004 - as told of `World`
        self.noon = (self.of_day >= 11) & (self.of_day < 14)  # noqa: PLR2004 - as told of `World`

    def traffic(self) -> Array:
        """Arrivals as a multiple of the average hour's: (hours,) float."""
        curve = 1 + 0.75 * np.cos(2 * np.pi * (self.of_day - 14) / _DAY)
        week = np.where(self.weekend, _WEEKEND_TRAFFIC, 1.0) / ((5 + 2 * _WEEKEND_TRAFFIC) / 7 if self.world.weeks else 1.0)
        return floats(curve * week * self._daily(self.world.traffic_sd))

    def rate(self, usual: float, at_night: float = 0.0, at_weekend: float = 0.0) -> Array:
        """A probability: its day's, and the season's change of it: (hours,) float."""
        days = int(self.day[-1]) + 1
        rho = self.world.correlation
        if rho > 0 and 0 < usual < 1:
            spread = (1 - rho) / rho
            daily = self.generator.beta(usual * spread, (1 - usual) * spread, days)[self.day]
        else:
            daily = np.full(len(self.day), usual)
        return floats(np.minimum(1.0, daily * np.where(self.night, 1 + at_night, 1.0) * np.where(self.weekend, 1 + at_weekend, 1.0)))

    def cost(self) -> Array:
        """The factor on costs: (hours,) float."""
        return self._daily(self.world.cost_sd) * np.where(self.weekend, 1 + self.world.weekend_cost, 1.0)

    def latency(self) -> Array:
        """The factor on response times: (hours,) float."""
        return self._daily(self.world.latency_sd) * np.where(self.noon, 1 + self.world.noon_latency, 1.0)

    def mix(self, actions: int) -> Array:
        """The factors on shares: (hours, actions) float."""
        days = int(self.day[-1]) + 1
        return floats(np.exp(self.world.mix_sd * self.generator.standard_normal((days, actions)))[self.day])

    def _daily(self, sd: float) -> Array:
        days = int(self.day[-1]) + 1
        factors: Array = np.exp(sd * self.generator.standard_normal(days) - sd**2 / 2)[self.day]
        return factors
