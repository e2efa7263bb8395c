"""What a check of a variant is made from: its rollups, its policy, which version served, and what lasts or is known of its drifts."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from lifecycle_core.conversations import hour_of
from lifecycle_core.drift.background import Background, Before
from lifecycle_core.drift.detect import detect, span
from lifecycle_core.drift.episodes import FrozenReference
from lifecycle_core.drift.report import DriftReport
from lifecycle_core.drift.windows import REFERENCE_HOURS
from lifecycle_core.operations.traffic import FIRST_VERSION
from lifecycle_core.policy import Mode, Policy
from lifecycle_core.rollup_tables import RollupTable, VariantRollups
from lifecycle_core.store import conversations, episodes, policies, variants, versions
from lifecycle_core.store.database import Transaction
from lifecycle_core.store.episodes import Frozen
from lifecycle_core.versions.version import Activation

_NEW: Final = timedelta(hours=REFERENCE_HOURS)
"""For so long a version, or a change that is meant, is compared with what served before it, or taught by it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is known of a variant as of an instant, its traffic aside.

    version : what served; since : when its own time began, None where it has always served; previous : what served before.
    known : where the newest drift began that a person calls known. frozen : its frozen references.
    """

    variant: str
    at: datetime
    policy: Policy
    version: int | None
    since: datetime | None = None
    previous: int | None = None
    known: datetime | None = None
    frozen: Frozen | None = None

    @property
    def earliest(self) -> datetime:
        """The first hour whose rollups a check needs."""
        before = self._since
        begins = [span(self.policy, self.at).start, *(it.starts_at for _, it in self._going_on)]
        return min(begins if before is None or self.at >= before + _NEW else [*begins, self._until - _NEW])

    @property
    def plain(self) -> bool:
        """Whether a glance can tell: nothing lasts, no version is new, and evidence decides."""
        lasting = self.frozen is not None and bool(self.frozen.held)
        since = self._since
        new = since is not None and self.at < since + _NEW
        return self.policy.mode is Mode.EVIDENCE and not lasting and not new

    def table(self, rollups: VariantRollups) -> RollupTable:
        """The rollups of the version that served; where no activation tells it, of that which the newest traffic names."""
        return rollups.of(self.version or rollups.newest_version() or FIRST_VERSION)

    def background(self, rollups: VariantRollups, version: int) -> Background:
        """What a check of `version` must know besides its own sums."""
        since, frozen = self._since, self.frozen
        held = () if frozen is None else tuple(it for held_by, it in frozen.held if held_by == version)
        before = None
        if since is not None:
            took_over = self.previous is not None and self.since is not None and hour_of(self.since) == since
            served = self.previous if took_over and self.previous is not None else version
            compared = took_over and (self.known is None or hour_of(self.known) < since)
            asked_for = self.at < since + _NEW or any(it.version == served != version for it in held)
            before = Before(since=since, table=rollups.of(served) if asked_for else None, until=self._until, compared=compared)
        if frozen is None:
            return Background(before=before)
        left_out = tuple((it.onset_at, it.healed_at) for it in frozen.ended if it.healed_at is not None)
        return Background(before=before, held=held, left_out=left_out)

    @property
    def _since(self) -> datetime | None:
        return max((hour_of(it) for it in (self.since, self.known) if it is not None), default=None)

    @property
    def _going_on(self) -> list[tuple[datetime, FrozenReference]]:
        """The alarms that last, and those that lasted when the version before was replaced."""
        if self.frozen is None:
            return []
        return [(self.at, it) for _, it in self.frozen.held] + self.frozen.cut_short

    @property
    def _until(self) -> datetime:
        """Where the weeks before end: at the onset of the drift that went on when the version took over, else then."""
        since = self._since or self.at
        drifts = [it.onset_at for closed_at, it in self._going_on if it.entered_at <= since <= closed_at]
        return min([since, *drifts])


def asked(tx: Transaction, variant: str, at: datetime, mode: Mode | None = None) -> Asked:
    """What is known of one variant as of `at`; `mode` in place of its policy's. Raises UnknownVariantError."""
    there = variants.standing(tx, variant)
    policy = policies.told(there.policy)
    hour = span(policy, at).end
    newest = versions.activations(tx, variant, limit=1, before=hour) if there.activated else []
    first = versions.first_activation(tx, variant, newest[0].version) if newest else None
    return Asked(
        variant=variant,
        at=hour,
        policy=replace(policy, mode=mode or policy.mode),
        **_served(newest[0] if newest else None, first),
        known=episodes.known_onsets(tx, hour, variant).get(variant) if there.drifted else None,
        frozen=episodes.references(tx, hour, variant).get(variant) if there.drifted else None,
    )


def asked_of_all(tx: Transaction, at: datetime) -> dict[str, Asked]:
    """Variant -> the same, of all variants, by five queries however many there are."""
    hour = span(Policy(), at).end
    own, known, frozen = policies.all(tx), episodes.known_onsets(tx, hour), episodes.references(tx, hour)
    trails = versions.all_activations(tx, hour)
    found = {}
    for name in variants.names(tx):
        trail = trails.get(name, ())
        active = trail[-1] if trail else None
        first = next((it for it in trail if active is not None and it.version == active.version), None)
        found[name] = Asked(
            variant=name,
            at=hour,
            policy=own.get(name, Policy()),
            **_served(active, first),
            known=known.get(name),
            frozen=frozen.get(name),
        )
    return found


def _served(newest: Activation | None, first: Activation | None) -> dict[str, Any]:
    """Which version served, and since when its own time counts: from its first activation, unless it was the variant's first."""
    if newest is None:
        return {"version": None}
    if first is None or first.previous_version is None:
        return {"version": newest.version}
    return {"version": newest.version, "since": first.at, "previous": first.previous_version}


def report_of(tx: Transaction, variant: str, at: datetime, mode: Mode | None = None) -> DriftReport:
    """The drift report of a variant as of `at`, in an open transaction."""
    it = asked(tx, variant, at, mode)
    rollups = conversations.of_all_versions(tx, variant, it.earliest, it.at)
    table = it.table(rollups)
    if it.version is None and not len(rollups.hours):
        table = rollups.of(conversations.traffic_version(tx, variant, it.at) or FIRST_VERSION)
    latest = conversations.latest_ended_at(tx, variant, it.at)
    return detect(table, it.policy, it.at, latest=latest, background=it.background(rollups, table.version))
