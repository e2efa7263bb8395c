"""What became of conversations that were sent or read, on the wire."""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from shlex import quote
from typing import Any, Final, Self

from pydantic import Field

from deployments.wire.base import CopiedWire, Wire, Zulu
from lifecycle_core.conversations import Conversation, conversation_adapter, hour_of
from lifecycle_core.traffic.posted_traces import PostedTraces
from lifecycle_core.traffic.rejected import Quarantined
from lifecycle_core.traffic.summary import Summary

_PYTHONS: Final = re.compile(r"^(str|float|int from 1|int|bool|datetime|list of \w+|object of str)[,;]? ")
_RECENT = timedelta(hours=2)


def conversation_schema() -> dict[str, Any]:
    """The JSON schema of a conversation, in one piece."""
    schema = conversation_adapter().json_schema()
    parts = schema.pop("$defs")
    schema["description"], fields = _documented(schema["description"])
    schema["properties"] = {name: schema["properties"][name] | {"description": about} for name, about in fields.items()}

    def whole(it: Any) -> Any:  # noqa: ANN401 - any part of a schema
        if isinstance(it, dict):
            reference = it.get("$ref")
            return whole(parts[reference.rpartition("/")[2]]) if reference else {name: whole(value) for name, value in it.items()}
        return [whole(value) for value in it] if isinstance(it, list) else it

    told: dict[str, Any] = whole(schema)
    return told


def _documented(docstring: str) -> tuple[str, dict[str, str]]:
    """The first line of a docstring, and what it says of each field, as `name, name : text`."""
    lines = docstring.splitlines()
    told = [line.partition(" : ") for line in lines if " : " in line and not line.startswith(">>>")]
    return lines[0], {name: _sentence(about) for names, _, about in told for name in names.split(", ")}


def _sentence(about: str) -> str:
    """The same, of JSON and not of Python."""
    plain = _PYTHONS.sub("", about).replace("None", "null")
    return plain[:1].upper() + plain[1:]


class IngestedWire(CopiedWire):
    """What became of the conversations of a request."""

    accepted: int = Field(description="Conversations that were new.")
    known: int = Field(description="Conversations that were there already, by variant and id.")
    differing: int = Field(description="Those of the known that say something else than what is kept; the first one stays.")


class PartialSuccessWire(Wire):
    """What of an export was not taken, in OTLP's own words."""

    rejected_spans: str
    error_message: str


class ExportedWire(Wire):
    """OTLP's ExportTraceServiceResponse: without `partialSuccess`, everything was taken."""

    partial_success: PartialSuccessWire | None = None

    @classmethod
    def of(cls, it: PostedTraces) -> Self:
        """Shape it; 64-bit numbers are texts in OTLP/JSON."""
        told = PartialSuccessWire(rejected_spans=str(it.rejected_spans), error_message=it.message) if it.rejected else None
        return cls(partial_success=told)


class ReasonWire(Wire):
    """Why some records were refused."""

    field: str | None
    rule: str
    records: int
    example: str
    lines: list[str]


class SpanWire(Wire):
    """The conversations of one variant."""

    variant: str
    conversations: int
    first_ended_at: Zulu
    last_ended_at: Zulu
    assumed_ends: int


class SummaryWire(Wire):
    """What became of everything that was read."""

    dry_run: bool
    format: str = Field(description="What the sources were read as; several are joined by commas.")
    known_by: list[str] = Field(description="What they were known by.")
    unknown: list[str] = Field(description="Of a dry run: what options have yet to give (variant, ended_at, zone, outcome).")
    records: int
    accepted: int
    known: int
    differing: int
    quarantined: int
    reasons: list[ReasonWire]
    variants: list[SpanWire]
    unused_fields: dict[str, int]
    untold_fields: dict[str, int]
    remarks: list[str]
    first_records: list[dict[str, Any]]
    next: str | None

    @classmethod
    def of(cls, it: Summary, *, at: datetime, first: list[Conversation] | None) -> Self:
        """Shape it; `first` are the conversations that a dry run shows."""
        return cls(
            dry_run=first is not None,
            format=", ".join(sorted({name for name, _ in it.forms})),
            known_by=sorted({sign for _, sign in it.forms}),
            unknown=[*it.unknown, *(["outcome"] if it.conversations and it.untold.get("booked") == it.conversations else [])],
            records=it.records,
            accepted=it.accepted,
            known=it.known,
            differing=it.differing,
            quarantined=it.quarantined,
            reasons=[
                ReasonWire(
                    field=field,
                    rule=rule,
                    records=reason.records,
                    example=reason.example,
                    lines=[f"{source}:{line}" for source, line in reason.places],
                )
                for (field, rule), reason in sorted(it.reasons.items(), key=lambda pair: -pair[1].records)
            ],
            variants=[
                SpanWire(
                    variant=variant,
                    conversations=span.conversations,
                    first_ended_at=span.first_ended_at,
                    last_ended_at=span.last_ended_at,
                    assumed_ends=span.assumed,
                )
                for variant, span in sorted(it.spans.items())
            ],
            unused_fields=dict(it.unused.most_common()),
            untold_fields={name: records for name, records in it.untold.items() if records},
            remarks=list(it.remarks),
            first_records=[conversation_adapter().dump_python(conversation, mode="json") for conversation in first or ()],
            next=_next(it, at),
        )


class QuarantinedWire(CopiedWire):
    """A refused record."""

    source: str
    line: int
    reason: str
    field: str | None
    content: str
    received_at: Zulu


class QuarantineWire(Wire):
    """The refused records that came last."""

    quarantined: list[QuarantinedWire]

    @classmethod
    def of(cls, found: Sequence[Quarantined]) -> Self:
        """Shape them."""
        return cls(quarantined=[QuarantinedWire.of(it) for it in found])


class DroppedWire(Wire):
    """How many refused records were let go of: those of `source`, or of all."""

    source: str | None
    dropped: int


def _next(it: Summary, at: datetime) -> str | None:
    """The command to type next: a check of the variant with the newest conversations, as of their end where that is long ago."""
    clocked = {variant: span for variant, span in it.spans.items() if span.assumed < span.conversations}
    if not clocked:
        return None
    variant, span = max(clocked.items(), key=lambda pair: pair[1].last_ended_at)
    end = hour_of(span.last_ended_at) + timedelta(hours=1)
    asked = f" --at {end:%Y-%m-%dT%H:%M:%SZ}" if at - span.last_ended_at > _RECENT else ""
    return f"lifecycle drift check {quote(variant)}{asked}"
