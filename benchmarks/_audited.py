"""A database with audited changes of every kind, and how to make its log anew as a tamperer would."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import numpy as np

from benchmarks._sessions import in_shadow_test, proved
from lifecycle_core.access import RANDOM_BYTES, Role, Secret
from lifecycle_core.anchors import Anchor
from lifecycle_core.chain import GENESIS, Change, link
from lifecycle_core.operations import keys, policies, promotion, shadow, traffic, versions
from lifecycle_core.operations.policies import policy
from lifecycle_core.provenance import Provenance
from lifecycle_core.store.columns import InstantColumn, JsonColumn
from lifecycle_core.store.database import Database
from lifecycle_core.store.tables import TABLES, Audited, DriftDetectionRow
from lifecycle_core.traffic.refusals import Refusal
from lifecycle_core.traffic.rejected import Rejected

START: Final = datetime(2025, 10, 7, 12, tzinfo=UTC)
KINDS: Final = {str(kind.__tablename__): kind for kind in Audited.__subclasses__()}


def fill(database: Database, rounds: int) -> None:
    """Change a little of everything, `rounds` times."""
    for number in range(rounds):
        act = Provenance(f"cli:{number % 3}", START + timedelta(hours=number), f"for reason {number}", f"r{number}")
        variant = f"variant {number % 4}"
        versions.register(database, act, variant=variant, system_prompt=f"prompt {number}")
        newest = versions.register(database, act, variant=variant, system_prompt=f"another {number}")
        versions.activate(database, act, variant, newest.version - 1)
        versions.activate(database, act, variant, newest.version)
        if number % 3 == 0:
            versions.roll_back(database, act, variant)
        versions.tag(database, act, variant, newest.version, f"tag{number % 2}", f"said {number}")
        now = policy(database, variant)
        cooldown = replace(now.retraining, cooldown_days=number % 20 + 1)
        policies.set_policy(database, act, variant, replace(now, retraining=cooldown))
        keys.create(database, act, f"key {number}", roles=[Role.READ], secret=Secret.made(bytes([number % 256]) * RANDOM_BYTES))
        if number % 2:
            keys.revoke(database, act, f"key {number}")
        traffic.ingest(database, act, [], [Rejected(f"{number}.jsonl", 1, Refusal(None, "nonsense", "it must be an object"), "nonsense")])
        traffic.drop_quarantined(database, act, f"{number}.jsonl")
        _drift(database, act, variant)
    act = Provenance("flow:retrain", START + timedelta(days=30), "evidence")
    for name in ("promoted", "waiting"):
        it = in_shadow_test(database, act, name)
        shadow.record_samples(database, act, it.session_id, proved(act))
        if name == "promoted":
            shadow.keep_verdict(database, act, it.session_id)
            promotion.promote_or_roll_back(database, act, it.session_id)


def _drift(database: Database, act: Provenance, variant: str) -> None:
    with database.write(act) as tx:
        row = DriftDetectionRow(
            variant=variant,
            drift_types="booking_rate",
            severity="low",
            version=1,
            onset_at=act.at,
            last_seen_at=act.at,
            checks=1,
            quiet_checks=0,
            closed_because=None,
            known_because=None,
            known_by=None,
        )
        tx.add(row)
        tx.flush()
        row.closed_at, row.closed_because = act.at, "24 checks in a row found no drift"


def anchored(log: list[Change], rows: Iterable[int], key: bytes | None) -> list[Anchor]:
    """Anchors that were made when the log had so many rows."""
    made: list[Anchor] = []
    for length in sorted(set(rows)):
        last = log[length - 1]
        it = Anchor(at=last.at, rows=length, id=last.number, head=last.hash, previous=made[-1].digest if made else GENESIS)
        made.append(it.signed(key))
    return made


def relinked(log: Iterable[Change]) -> list[Change]:
    """The log with all hashes made anew, so that each row follows from the one before it."""
    made, previous = [], GENESIS
    for it in log:
        said = {name: getattr(it, name) for name in ("at", "by", "why", "request_id", "subject", "before", "after")}
        made.append(replace(it, previous_hash=previous, hash=link(previous, **said)))
        previous = made[-1].hash
    return made


def said_by(log: Iterable[Change]) -> dict[str, dict[str, Any]]:
    """What the log says of each audited row in the end."""
    said: dict[str, dict[str, Any]] = {}
    for it in log:
        if it.subject.split(":", 1)[0] in KINDS:
            said[it.subject] = {**said.get(it.subject, {}), **it.after}
    return said


def place_of(subject: str) -> tuple[Any, list[Any]]:
    """Where an audited row is: its table, and the conditions that find it there."""
    table, name = subject.split(":", 1)
    columns = KINDS[table].audit_subject
    found = TABLES[table]
    return found, [found.c[it] == value for it, value in zip(columns, name.rsplit("/", len(columns) - 1), strict=True)]


def stored(column: Any, value: object) -> object:  # noqa: ANN401 - a column of SQLAlchemy
    """A value of the log as its column takes it."""
    return datetime.fromisoformat(str(value)) if value is not None and isinstance(column.type, InstantColumn) else value


def other(chance: np.random.Generator, value: object) -> object:
    """A value of the same kind that is another one."""
    if value is None or isinstance(value, bool):
        return not value if isinstance(value, bool) else "forged"
    if isinstance(value, int | float):
        return value + 1
    if isinstance(value, dict):
        return {**value, "forged": "so"}
    if isinstance(value, list):
        return [*value, "forged"]
    text = str(value)
    try:
        return (datetime.fromisoformat(text) + timedelta(seconds=int(chance.integers(1, 10**6)))).isoformat()
    except ValueError:
        return f"{text}x"


def something(column: Any) -> object:  # noqa: ANN401 - as above
    """A value that a column without one could have, as the log tells it."""
    if isinstance(column.type, InstantColumn):
        return START.isoformat()
    if isinstance(column.type, JsonColumn):
        return {"forged": "so"}
    return 1 if "INT" in str(column.type) else "forged"
