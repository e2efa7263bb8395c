"""The audit log on the wire: its rows, its anchors, and whether it holds; and an export of it, which ends with its head."""

import json
from collections.abc import Iterable, Iterator
from typing import Annotated, Any, Self

from pydantic import BeforeValidator, Field, JsonValue, PlainSerializer, ValidationError

from deployments.wire.base import CopiedWire, Wire, ZonedInstant, Zulu, zulu
from lifecycle_core.anchors import Anchor, Signatures
from lifecycle_core.chain import GENESIS, Change
from lifecycle_core.operations.audit import Anchored, AuditVerification

Written = Annotated[ZonedInstant, PlainSerializer(zulu, return_type=str)]


def _encodable(it: Any) -> Any:  # noqa: ANN401 - whatever stands in the log
    """It, with a question mark for each half of a character, which no reply can carry: only tampering puts one in."""
    return json.loads(json.dumps(it, ensure_ascii=False).encode("utf-8", "replace"))


Columns = Annotated[dict[str, JsonValue], BeforeValidator(_encodable)]


class ChangeWire(CopiedWire):
    """One row of the audit log: one change of state, chained by `hash` to the one before it."""

    number: int
    at: Written
    by: str
    why: str
    request_id: str | None
    subject: str = Field(description='A table and the row\'s key: "model_versions:baseline/2".')
    before: Columns = Field(description="What changed, as it was; null where there was nothing.")
    after: Columns = Field(description="What changed, as it is.")
    previous_hash: str = Field(description="Of the row before; empty for the first.")
    hash: str = Field(description="SHA-256 over all of it and `previousHash`.")

    @property
    def change(self) -> Change:
        """The value that it tells."""
        return Change(**{name: getattr(self, name) for name in type(self).model_fields})


class ChangesWire(Wire):
    """Rows of the audit log, the newest first."""

    changes: list[ChangeWire]
    next_cursor: str | None = Field(description="Ask with it for the older ones; null at the end.")

    @classmethod
    def of(cls, found: list[Change], limit: int) -> Self:
        """Shape them; a full page has a next one."""
        return cls(changes=[ChangeWire.of(it) for it in found], next_cursor=str(found[-1].number) if len(found) == limit else None)


class AnchorWire(Wire):
    """An anchor: how long the log was, and its last hash. `line` is it as it is kept."""

    at: Zulu
    rows: int
    id: int = Field(description="The number of the last row.")
    head: str = Field(description="The hash of that row.")
    previous: str = Field(description="The digest of the anchor before it.")
    signature: str | None = Field(description="HMAC-SHA256 with LIFECYCLE_AUDIT_KEY; null without that key.")
    line: str

    @classmethod
    def told(cls, it: Anchor) -> Self:
        """Shape it."""
        return cls(at=it.at, rows=it.rows, id=it.id, head=it.head, previous=it.previous, signature=it.signature, line=it.line)


class AnchoredWire(AnchorWire):
    """The newest anchor. `appended`: it was made now; otherwise nothing was added to the log since."""

    appended: bool

    @classmethod
    def of(cls, it: Anchored) -> Self:
        """Shape it."""
        return cls(**AnchorWire.told(it.anchor).model_dump(by_alias=False), appended=it.appended)


class AuditVerificationWire(Wire):
    """Whether the log follows, the audited rows are as it says, and it is as its anchors say."""

    rows: int
    head: str
    anchors: int
    anchored_rows: int
    not_anchored: int = Field(description="Rows after the last anchor: a full rewrite of these would not be seen.")
    last_anchor: AnchorWire | None
    signatures: Signatures = Field(description="none, not_checked (no key is set), good or bad.")
    found: int = Field(description="How many problems there are.")
    problems: list[str] = Field(description="The first thousand of them.")

    @classmethod
    def of(cls, it: AuditVerification) -> Self:
        """Shape it."""
        return cls(
            rows=it.rows,
            head=it.head,
            anchors=it.anchors,
            anchored_rows=it.anchored_rows,
            not_anchored=it.not_anchored,
            last_anchor=None if it.last_anchor is None else AnchorWire.told(it.last_anchor),
            signatures=it.signatures,
            found=it.found,
            problems=list(it.problems),
        )


class ExportEndWire(Wire):
    """The last line of an export: how many rows it has, and the hash of the last one."""

    rows: int
    head: str


def export_lines(changes: Iterable[Change]) -> Iterator[str]:
    """The rows as JSON, one a line, and at last an `ExportEndWire`."""
    rows, head = 0, GENESIS
    for it in changes:
        yield ChangeWire.of(it).model_dump_json(by_alias=True)
        rows, head = rows + 1, it.hash
    yield ExportEndWire(rows=rows, head=head).model_dump_json(by_alias=True)


def read_export(lines: Iterable[str]) -> Iterator[Change | str]:
    """The rows that `export_lines` wrote, and a sentence for each line that it did not write."""
    rows, head, ended = 0, GENESIS, False
    for number, line in enumerate(lines, start=1):
        if ended:
            yield f"line {number} of the export stands behind its end"
            continue
        try:
            it = ChangeWire.model_validate_json(line).change
        except ValidationError:
            end = _end(line)
            if end is None:
                yield f"line {number} of the export is no row of an audit log"
                continue
            ended = True
            if (end.rows, end.head) != (rows, head):
                yield f"the export says that it has {end.rows} rows up to {end.head or 'none'}; it has {rows} up to {head or 'none'}"
            continue
        rows, head = rows + 1, it.hash
        yield it
    if not ended:
        yield "the export does not end with its head: it was cut short"


def _end(line: str) -> ExportEndWire | None:
    try:
        return ExportEndWire.model_validate_json(line)
    except ValidationError:
        return None
