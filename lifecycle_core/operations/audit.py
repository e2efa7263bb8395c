"""The audit log: ask it, hold it against its anchors, and anchor it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Final

from lifecycle_core import anchors as anchoring
from lifecycle_core.anchors import Anchor, Anchors, Follower, Signatures
from lifecycle_core.chain import GENESIS, Change
from lifecycle_core.errors import AuditBrokenError
from lifecycle_core.provenance import Provenance
from lifecycle_core.store import anchor_file, answers, audit_asked, audit_checks
from lifecycle_core.store.audit_asked import Asked
from lifecycle_core.store.database import Database, Transaction

MOST_PROBLEMS: Final = 1000
"""How many sentences a verification keeps; it counts them all."""

__all__ = ["Asked", "Change"]


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditVerification:
    """What a look at the whole log found.

    problems : the first sentences, each for a thing that is not as it must be; found : how many there are.
    rows, head : how many rows the log has, and the last one's hash.
    anchors : how many anchors it was held against; anchored_rows : up to which row of them one holds it; last_anchor : the newest one.
    """

    problems: tuple[str, ...]
    found: int
    rows: int
    head: str
    anchors: int
    anchored_rows: int
    last_anchor: Anchor | None
    signatures: Signatures

    @property
    def not_anchored(self) -> int:
        """How many rows no anchor holds: a change of them would be seen only if it were clumsy."""
        return self.rows - self.anchored_rows


@dataclass(frozen=True, slots=True)
class Anchored:
    """The newest anchor; `appended` : whether it was made now, and not before for the same rows."""

    anchor: Anchor
    appended: bool


def acts(database: Database, subject: str) -> list[Provenance]:
    """Who changed `subject`, a table and the row's key as in "drift_detections:baseline/1", and when; the oldest first."""
    with database.read() as tx:
        return audit_asked.acts(tx, subject)


def of_request(database: Database, request_id: str) -> tuple[int, ...]:
    """The numbers of the rows that one request wrote, in order; none where it changed nothing."""
    with database.read() as tx:
        return audit_asked.of_request(tx, request_id)


def newest(database: Database, asked: Asked, limit: int, before: int | None = None) -> list[Change]:
    """The changes that came last, of those under the number `before`."""
    with database.read() as tx:
        return audit_asked.newest(tx, asked, limit, before)


def change(database: Database, number: int) -> Change:
    """One change; raises UnknownAuditRowError."""
    with database.read() as tx:
        return audit_asked.one(tx, number)


def exported(database: Database, since: datetime | None = None) -> Iterator[Change]:
    """Every change from the first one on that was made at `since` or later, the oldest first, as one state of the log; a stream."""
    with database.read() as tx:
        yield from audit_asked.oldest_first(tx, since)


def read_anchors(file: Path, key: bytes | None) -> Anchors:
    """The anchors that `file` has, and what is wrong with them; none where there is no such file."""
    return anchoring.read(anchor_file.lines(file), key)


def verify(database: Database, found: Anchors) -> AuditVerification:
    """Hold the log against itself and `found`, and every audited row against the log. Reads all of it, as streams."""
    follower = Follower(found.by_line)
    with database.read() as tx:
        chain = audit_checks.problems(tx, follower)
        return _told(follower, found, chain, audit_checks.unexplained(tx))


def verify_export(changes: Iterable[Change | str], found: Anchors) -> AuditVerification:
    """Hold an export against itself and `found`; it needs no database. A sentence among the changes is a problem of the file."""
    follower = Follower(found.by_line, whole=False)

    def problems() -> Iterator[str]:
        for it in changes:
            yield from [it] if isinstance(it, str) else follower.follow(it)
        yield from follower.end()

    return _told(follower, found, problems())


def anchor(database: Database, act: Provenance, file: Path, key: bytes | None, *, keep: bool = True) -> Anchored:
    """Append an anchor for the log as it is now to `file`; where nothing was added since the last one, that is the answer.

    keep : whether it is appended at all; it is not in a dry run either.
    Raises AuditBrokenError where the log does not follow from the last anchor, or the file is not as it was written;
    SetupError where the file cannot be written.
    """
    if act.idempotency_key is None:
        return _anchor(database, act, file, key, keep=keep)
    with database.write(act) as tx:
        return answers.once(tx, act, "anchor_audit", Anchored, lambda: _anchor(database, act, file, key, keep=keep))


def _anchor(database: Database, act: Provenance, file: Path, key: bytes | None, *, keep: bool) -> Anchored:
    if not keep or act.dry_run:
        return _next(database, act, read_anchors(file, key), key)
    with anchor_file.held(file) as held:
        made = _next(database, act, anchoring.read(held.lines(), key), key)
        if made.appended:
            held.append(made.anchor.line)
    return made


def _next(database: Database, act: Provenance, found: Anchors, key: bytes | None) -> Anchored:
    last = found.last
    follower = Follower(found.by_line[-1:] if last else (), whole=last is None)
    with database.read() as tx:
        problems = [*found.problems, *islice(_since(tx, last, follower), MOST_PROBLEMS)]
    if problems:
        more = f" ({len(problems) - 1} more)" if len(problems) > 1 else ""
        message = (
            f"the audit log cannot be anchored: {problems[0]}{more}; see lifecycle audit verify, keep database and anchors as they are, "
            "and begin a new file (LIFECYCLE_AUDIT_ANCHORS) when it is understood"
        )
        raise AuditBrokenError(message)
    if last is not None and last.id == follower.last:
        return Anchored(last, appended=False)
    before = last.rows - 1 if last is not None and last.rows else 0
    made = Anchor(
        at=act.at,
        rows=before + follower.rows,
        id=follower.last,
        head=follower.head,
        previous=last.digest if last else GENESIS,
    )
    return Anchored(made.signed(key), appended=True)


def _since(tx: Transaction, last: Anchor | None, follower: Follower) -> Iterator[str]:
    """What is wrong with the log from the last anchor on, the row that it names included: what is before that row is in its hash."""
    for it, damaged in audit_checks.changes(tx, start=last.id if last else 0):
        yield from follower.follow(it, damaged)
    yield from follower.end()
    if last is not None and audit_asked.count(tx, last.id) != last.rows:
        yield f"the last anchor counts {last.rows} rows up to audit row {last.id}; there are {audit_asked.count(tx, last.id)}"


def _told(follower: Follower, found: Anchors, *problems: Iterable[str]) -> AuditVerification:
    kept, count = list(found.problems), len(found.problems)
    for it in (it for some in problems for it in some):
        count += 1
        if len(kept) < MOST_PROBLEMS:
            kept.append(it)
    return AuditVerification(
        problems=tuple(kept),
        found=count,
        rows=follower.rows,
        head=follower.head,
        anchors=len(found.by_line),
        anchored_rows=follower.vouched_rows,
        last_anchor=found.last,
        signatures=found.signatures,
    )
