"""Runs that were traced call by call → rows: what the spans of one conversation come to, whoever wrote them.

1. A span may repeat the tokens of the calls below it; so only calls of a model count that hold no other call of a model.
2. Unknown stays unknown: tokens or a cost that any call does not tell are not told of the whole.
3. No outcome is read from a trace. Scores stand beside, for `--outcome`.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from lifecycle_core.traffic.formats.form import UNREADABLE, Row, Unreadable
from lifecycle_core.traffic.formats.messages import Message, called, joined


class Kind(StrEnum):
    """What a span is of."""

    CHAT = "chat"
    TOOL = "tool"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """One span. input, output : the messages of a call of a model; tool : of a tool's, its name; fault : why it failed.

    conversation, customer, agent : what its attributes say of the whole.
    """

    id: str
    trace: str
    parent: str | None = None
    kind: Kind = Kind.OTHER
    started_at: datetime
    ended_at: datetime
    model: str | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    cost_usd: float | None = None
    input: list[Message] = field(default_factory=list)
    output: list[Message] = field(default_factory=list)
    tool: str | None = None
    fault: str | None = None
    conversation: str | None = None
    customer: str | None = None
    agent: str | None = None
    labels: Mapping[str, str] = field(default_factory=dict)


def rows_of(conversations: Mapping[str, Sequence[Span]]) -> Iterator[Row | Unreadable]:
    """A row for each conversation in which a model was called; what one of them cannot tell takes nothing from the others."""
    for identity, spans in conversations.items():
        try:
            row = row_of(identity, spans)
        except UNREADABLE as error:
            yield Unreadable(error, identity)
        else:
            if row is not None:
                yield row


def row_of(identity: str, spans: Iterable[Span], besides: Mapping[str, Any] | None = None) -> Row | None:
    """What the spans of one conversation tell; None where no model was called. besides : what the source says of the whole."""
    ordered = sorted(spans, key=lambda it: (it.started_at, it.ended_at, it.id))
    chats = _leaves([it for it in ordered if it.kind is Kind.CHAT], ordered)
    if not chats:
        return None
    said: list[Message] = []
    for it in chats:
        said = [*joined(said, it.input), *it.output]
    tools = [it for it in ordered if it.kind is Kind.TOOL and it.tool]
    row: Row = {
        "id": identity,
        "started_at": min(it.started_at for it in ordered).isoformat(),
        "ended_at": max(it.ended_at for it in ordered).isoformat(),
        "model": _first(it.model for it in reversed(chats)),
        "input_tokens": _total([it.input_tokens for it in chats]),
        "output_tokens": _total([it.output_tokens for it in chats]),
        "cost_usd": _total([it.cost_usd for it in chats]),
        "response_times_s": _response_times(chats),
        "actions": [name for it in said for name in called(it)] or [it.tool for it in tools],
        "errors": [{"tool": it.tool, "message": it.fault} for it in ordered if it.fault and it.kind is not Kind.OTHER],
        "messages": said,
        "customer_id": _first(it.customer for it in ordered),
        "segments": _labels(ordered),
    }
    return {name: value for name, value in (row | dict(besides or {})).items() if value not in (None, {}, [])}


def _leaves(chats: Sequence[Span], spans: Sequence[Span]) -> list[Span]:
    """The calls that hold no other call of a model."""
    parents = {it.id: it.parent for it in spans}
    above: set[str] = set()
    for it in chats:
        parent = it.parent
        while parent is not None and parent not in above:
            above.add(parent)
            parent = parents.get(parent)
    return [it for it in chats if it.id not in above]


def _response_times(chats: Sequence[Span]) -> list[float]:
    """Seconds from the first call to the last of each reply: a call that calls tools is not one yet."""
    found, begun = [], None
    for it in chats:
        begun = it.started_at if begun is None else begun
        if not any(called(message) for message in it.output):
            found.append((it.ended_at - begun).total_seconds())
            begun = None
    return found


def _total(values: Sequence[Any]) -> Any:  # noqa: ANN401 - tokens or dollars
    return None if None in values else sum(values)


def _first(values: Iterable[str | None]) -> str | None:
    return next((it for it in values if it), None)


def _labels(spans: Sequence[Span]) -> dict[str, str]:
    found: dict[str, str] = {}
    for it in spans:
        found = {**it.labels, **found}
    agent = _first(it.agent for it in spans)
    return found | ({"agent": agent} if agent else {})
