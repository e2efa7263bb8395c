"""From sums to what contributes: segments by mix and rate effect, actions by their share of the likelihood ratio, kinds of failures."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from lifecycle_core.drift.attribution import (
    BELIEVED,
    FEWEST,
    NO_VALUE,
    OTHERS,
    ActionMove,
    Cause,
    ErrorKind,
    Finding,
    Label,
    Quantity,
    Segment,
)
from lifecycle_core.drift.labelling import LabelKey
from lifecycle_core.drift.report import Comparison
from lifecycle_core.drift.slicing import LOG_N, LOG_SQUARES, LOG_TOTAL, SQUARES, TOTAL, N, Slices, Tally
from lifecycle_core.rollups import OTHER_ACTIONS
from lifecycle_core.statistics.arrays import Array, divide, natural_log
from lifecycle_core.statistics.categorical import shares
from lifecycle_core.statistics.days import design_effect
from lifecycle_core.statistics.discovery import q_of_deviates
from lifecycle_core.statistics.means import welch
from lifecycle_core.statistics.proportions import signed_root
from lifecycle_core.statistics.ranks import mann_whitney
from lifecycle_core.statistics.shares import apart, kitagawa

NEARLY_NONE: Final = 0.1
"""A segment came, or went, whose share on one side is at most so much of its share on the other."""
MOST_SEGMENTS: Final = 50
MOST_ACTIONS: Final = 50
MOST_ERRORS: Final = 50
FEWEST_MET: Final = 5
"""Conversations on both sides together that must have met a kind of failure before it is tested."""
MOSTLY: Final = 0.5
"""The share of a change that a shift between segments must stand for before it is what sets the change apart."""
MORE_THAN_ITS_SIZE: Final = 0.25
"""By how much a segment's share of the change must pass its share of the conversations."""
UNCHANGED: Final = 1e-12


@dataclass(frozen=True, slots=True)
class Noise:
    """How much whole days differ: the day correlation, and the days that each side has, recent first."""

    correlation: float
    days: tuple[float, float]

    def effects(self, n: Array) -> tuple[Array, Array]:
        """The design effects of (2, ...) conversations: recent, reference."""
        recent, reference = (design_effect(n[side], self.days[side], self.correlation) for side in (0, 1))
        return recent, reference


@dataclass(frozen=True, slots=True)
class _Divided:
    """A label's segments as sums, and the deviates of each, NaN where too few tell: of its change, its size, its being unlike the rest.

    moved : (k,) bool, the segments that came or went.
    """

    key: LabelKey
    names: tuple[str, ...]
    values: int
    sums: Array
    moved: NDArray[np.bool_]
    deviates: tuple[Array, Array, Array]


def labels_of(slices: Slices, tally: Tally, noise: Noise) -> tuple[tuple[Label, ...], Finding | None]:
    """Every label that divides the conversations, the most telling first, and what sets the change apart."""
    divided = [it for key in tally.labels if (it := _divide(slices, tally, key, noise)) is not None]
    if not divided:
        return (), None
    q = [_among(np.concatenate([it.deviates[which] for it in divided])) for which in range(3)]
    whole = tally.whole.sums[:, 0]
    change = float(whole[0, TOTAL] / whole[0, N] - whole[1, TOTAL] / whole[1, N])
    made, start = [], 0
    for it in divided:
        end = start + len(it.names)
        made.append(_label(it, tally.question.quantity, change, [of_each[start:end] for of_each in q]))
        start = end
    told = [(label, _finding(label, change)) for label in made]
    told.sort(key=lambda pair: -_telling(pair[1], pair[0]))
    return tuple(label for label, _ in told), told[0][1]


def _divide(slices: Slices, tally: Tally, key: LabelKey, noise: Noise) -> _Divided | None:
    """The segments of a label, (none) and (others) among them; None where all conversations are in one, or a side is empty."""
    held, whole = tally.labels[key], tally.whole
    names = [*slices.labels.values[key]][: held.sums.shape[1]]
    sums = np.concatenate([held.sums[:, : len(names)], whole.sums - held.sums.sum(axis=1, keepdims=True)], axis=1)
    ranks = np.concatenate([held.ranks[:, : len(names)], whole.ranks - held.ranks.sum(axis=1, keepdims=True)], axis=1)
    names.append(NO_VALUE)
    met = np.flatnonzero(sums[..., N].sum(axis=0) > 0)
    if len(met) < 2 or not (whole.sums[:, 0, N] > 0).all():  # noqa: PLR2004 - one segment divides nothing
        return None
    commonest = met[np.argsort(-sums[:, met, N].sum(axis=0), kind="stable")]
    n, share = sums[..., N], divide(sums[..., N], whole.sums[..., N])
    least, most = n.min(axis=0), n.max(axis=0)
    enough = least >= FEWEST
    gone = (least < FEWEST) & (most >= FEWEST) & (share.min(axis=0) <= NEARLY_NONE * share.max(axis=0))
    moved = gone & (not key.of_time)
    alone = [it for it in commonest[:MOST_SEGMENTS].tolist() if enough[it] or moved[it]]
    others = np.setdiff1d(met, alone)
    sums, ranks = (
        np.concatenate([it[:, alone], *([it[:, others].sum(axis=1, keepdims=True)] if len(others) else [])], axis=1) for it in (sums, ranks)
    )
    chosen = (*(names[it] for it in alone), *([OTHERS] if len(others) else []))
    came = np.append(moved[alone], np.zeros(len(chosen) - len(alone), dtype=bool))
    its_own, its_size, unlike = _z(tally.question.comparison, sums, ranks, noise), _z_of_size(sums, noise), _z_apart(sums, noise)
    for z in (its_own, its_size, unlike):
        z[len(alone) :] = np.nan
    deviates = (np.where(came, np.nan, its_own), its_size, np.where(came, np.nan, unlike))
    return _Divided(key, chosen, len(met), sums, came, deviates)


def _z(comparison: Comparison, sums: Array, ranks: Array, noise: Noise) -> Array:
    """The change of each segment's own figure, as its metric is tested."""
    (recent, reference), (d1, d0) = sums, noise.effects(sums[..., N])
    if comparison is Comparison.COST:
        logs = [(side[:, LOG_N], side[:, LOG_TOTAL], side[:, LOG_SQUARES]) for side in (recent, reference)]
        return welch(logs[0], logs[1], (d1, d0))
    if comparison is Comparison.RESPONSE_TIME:
        return mann_whitney(ranks[0], ranks[1], (d1, d0))
    return signed_root(recent[:, TOTAL] / d1, recent[:, N] / d1, reference[:, TOTAL] / d0, reference[:, N] / d0)


def _z_of_size(sums: Array, noise: Noise) -> Array:
    """The change of each segment's share of all."""
    n = sums[..., N]
    whole = n.sum(axis=1, keepdims=True)
    d1, d0 = noise.effects(whole)
    return signed_root(n[0] / d1, whole[0] / d1, n[1] / d0, whole[1] / d0)


def _z_apart(sums: Array, noise: Noise) -> Array:
    """How each segment moved beside all others together; NaN where these are too few."""
    rest = sums.sum(axis=1, keepdims=True) - sums
    sides = [(it[:, N], it[:, TOTAL], it[:, SQUARES]) for it in (sums[0], sums[1], rest[0], rest[1])]
    z = apart((sides[0], sides[1]), (sides[2], sides[3]), (*noise.effects(sums[..., N]), *noise.effects(rest[..., N])))
    return np.where((rest[..., N] >= FEWEST).all(axis=0), z, np.nan)


def _among(z: Array) -> list[float | None]:
    """The q of the deviates that are known, among each other."""
    known = ~np.isnan(z)
    q = np.full(z.shape, np.nan)
    q[known] = q_of_deviates(z[known])
    return [None if np.isnan(it) else it for it in q.tolist()]


def _label(it: _Divided, quantity: Quantity, change: float, q: Sequence[Sequence[float | None]]) -> Label:
    (n1, n0), (total1, total0) = it.sums[..., N], it.sums[..., TOTAL]
    mix, rate = kitagawa(n1, total1, n0, total0, alike=it.key.of_time)
    mix, rate = np.where(it.moved, mix + rate, mix), np.where(it.moved, 0.0, rate)
    told = _told(quantity)
    segments = [
        Segment(
            value=name,
            recent_n=round(float(n1[at])),
            reference_n=round(float(n0[at])),
            recent_share=float(n1[at] / n1.sum()),
            reference_share=float(n0[at] / n0.sum()),
            recent_value=told(float(total1[at] / n1[at])) if n1[at] else None,
            reference_value=told(float(total0[at] / n0[at])) if n0[at] else None,
            mix=float(mix[at]),
            rate=float(rate[at]),
            of_change=float(mix[at] + rate[at]) / change if abs(change) > UNCHANGED else None,
            q=q[0][at],
            size_q=q[1][at],
            apart_q=q[2][at],
        )
        for at, name in enumerate(it.names)
    ]
    segments.sort(key=lambda one: -abs(one.contribution))
    return Label(it.key.name, it.key.built_in, it.values, float(mix.sum()), float(rate.sum()), tuple(segments))


def _told(quantity: Quantity) -> Callable[[float], float]:
    return (lambda it: float(np.exp(it))) if quantity is Quantity.GEOMETRIC_MEAN else (lambda it: it)


def _finding(label: Label, change: float) -> Finding | None:
    """What of a label sets the change apart: a shift between its segments, or one that changed as the others did not."""
    if abs(change) <= UNCHANGED:
        return None
    by_mix = label.mix / change
    shifted = [it for it in label.segments if it.size_q is not None and it.size_q <= BELIEVED and it.mix / change > 0]
    if by_mix >= MOSTLY and shifted:
        first = max(shifted, key=lambda it: (it.recent_share - it.reference_share > 0, it.mix / change))
        return Finding(label.name, label.built_in, first, Cause.MIX, by_mix, _size(first))
    unlike = [it for it in label.segments if it.apart_q is not None and it.apart_q <= BELIEVED]
    best = max(unlike, key=lambda it: _excess(it, change), default=None)
    if best is None or _excess(best, change) < MORE_THAN_ITS_SIZE:
        return None
    return Finding(label.name, label.built_in, best, Cause.RATE, best.rate / change, _size(best))


def _size(it: Segment) -> float:
    return (it.recent_share + it.reference_share) / 2


def _excess(it: Segment, change: float) -> float:
    return it.rate / change - _size(it)


def _telling(finding: Finding | None, label: Label) -> float:
    """How far a label goes towards explaining the change: what it sets apart first, then what stands alone in it."""
    if finding is not None:
        excess = finding.of_change if finding.cause is Cause.MIX else (finding.of_change - finding.size) / (1 - min(0.99, finding.size))
        return 1 + min(1.0, excess)
    return 0.5 if label.divides else 0.0


def actions_of(slices: Slices, tally: Tally, noise: Noise) -> tuple[ActionMove, ...]:
    """Each action's part in how far the two mixes lie apart, the largest first; nothing where a side has no call."""
    calls = tally.calls
    m1, m0 = calls.total.sum(axis=1)
    if not (m1 > 0 and m0 > 0):
        return ()
    p1, p0 = shares(calls.total)
    p = calls.total.sum(axis=0) / (m1 + m0)
    g2 = 2 * (calls.total * (natural_log(np.stack([p1, p0])) - natural_log(p))).sum(axis=0)
    scatter = calls.squares.sum(axis=0) - 2 * p * calls.by_size.sum(axis=0) + p**2 * calls.size_squares.sum()
    n = calls.conversations
    d1, d0 = noise.effects(n)
    error = np.sqrt(np.maximum(0.0, scatter) / n.sum() * (d1 * n[0] / m1**2 + d0 * n[1] / m0**2))
    residual = divide(p1 - p0, error)
    used = np.flatnonzero(p > 0)
    q = _among(residual[used])
    names = {slot: name for name, slot in slices.slots.items()}
    moves = [
        ActionMove(
            action=names.get(slot, OTHER_ACTIONS),
            recent_share=float(p1[slot]),
            reference_share=float(p0[slot]),
            recent_calls=float(calls.total[0, slot] / n[0]),
            reference_calls=float(calls.total[1, slot] / n[1]),
            of_g2=float(np.copysign(divide(np.maximum(0.0, g2[slot]), g2.sum(), 0.0), p1[slot] - p0[slot])),
            residual=None if np.isnan(residual[slot]) else float(residual[slot]),
            q=its_q,
        )
        for slot, its_q in zip(used.tolist(), q, strict=True)
    ]
    return tuple(sorted(moves, key=lambda it: (-abs(it.of_g2), it.action))[:MOST_ACTIONS])


def unnamed_of(tally: Tally, most: int) -> tuple[tuple[str, float, float], ...]:
    """The actions outside the named ones whose calls a conversation changed most: name, recent, reference."""
    n = np.maximum(1.0, tally.calls.conversations)
    each = [(name, recent / n[0], reference / n[1]) for name, (recent, reference) in tally.calls.unnamed.items()]
    moved = sorted(each, key=lambda it: -abs(it[1] - it[2]))
    return tuple((name, float(recent), float(reference)) for name, recent, reference in moved[:most])


def errors_of(tally: Tally, noise: Noise) -> tuple[ErrorKind, ...]:
    """Each kind of failure by the share of conversations that met it: the agent's first, those that grew most before others."""
    n = tally.all_n
    if not (n > 0).all():
        return ()
    d1, d0 = (float(it) for it in noise.effects(n))
    made, z = [], []
    for kind, (recent, reference) in tally.kinds.items():
        if recent + reference == 0:
            continue
        shares_of = (recent / n[0], reference / n[1])
        made.append(
            ErrorKind(
                tool=kind.tool,
                message=kind.message,
                provider_fault=kind.provider_fault,
                recent_n=round(recent),
                reference_n=round(reference),
                recent_share=float(shares_of[0]),
                reference_share=float(shares_of[1]),
                q=None,
            )
        )
        enough = recent + reference >= FEWEST_MET
        z.append(float(signed_root(recent / d1, n[0] / d1, reference / d0, n[1] / d0)) if enough else np.nan)
    judged = [replace(it, q=q) for it, q in zip(made, _among(np.array(z)), strict=True)]
    judged.sort(key=lambda it: (it.provider_fault, it.reference_share - it.recent_share, it.tool or "", it.message))
    return tuple(judged[:MOST_ERRORS])
