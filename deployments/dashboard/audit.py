"""The audit log: who changed what, when, from what to what, and whether the log holds."""

from dataclasses import dataclass
from typing import Any, Final

from deployments.dashboard.frame import Frame
from deployments.dashboard.rendering import address, minute, rendered
from deployments.wire.audit import AuditVerificationWire, ChangesWire, ChangeWire

_SHOWN: Final = 160
"""Characters of a value; the whole of it is in the export."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One change of state."""

    number: int
    at: str
    by: str
    why: str
    subject: str
    fields: tuple[tuple[str, str, str], ...]
    request: str | None


def page(frame: Frame, found: ChangesWire, verification: AuditVerificationWire | None, asked: dict[str, str | None]) -> str:
    """The page of the audit log. asked : what was sought."""
    older = address("/audit", **asked, cursor=found.next_cursor) if found.next_cursor else None
    return rendered(
        "audit.html",
        frame=frame,
        title="Audit",
        rows=[_row(it) for it in found.changes],
        verification=verification,
        asked=asked,
        older=older,
    )


def _row(it: ChangeWire) -> Row:
    before, after = it.before, it.after
    names = [name for name in {**before, **after} if before.get(name) != after.get(name)]
    return Row(
        number=it.number,
        at=minute(it.at),
        by=it.by,
        why=it.why,
        subject=it.subject,
        fields=tuple((name, _told(before.get(name)), _told(after.get(name))) for name in names),
        request=it.request_id,
    )


def _told(value: Any) -> str:  # noqa: ANN401 - whatever stands in the log
    words = "" if value is None else str(value)
    return words if len(words) <= _SHOWN else f"{words[:_SHOWN]}…"
