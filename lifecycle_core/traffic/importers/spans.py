"""Spans of a trace → a conversation: tokens and dollars from the calls of models alone, since the spans above repeat them."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, datetime
from typing import Any, Final, Literal, TypeVar

from lifecycle_core.traffic.importers.said import calls_in
from lifecycle_core.traffic.importers.shapes import Row, known, outcome_of

Kind = Literal["chat", "tool", "agent", "other"]
N = TypeVar("N", int, float)
_NEVER: Final = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """One step of an agent, as far as its system tells.

    trace, id, parent : its ids; conversation : of several traces, where the system knows of it.
    kind : chat = a model was called; tool = a tool was; agent, other = what holds them.
    started_at, ended_at : instants; tokens and cost_usd : of the call; None = unknown.
    heard, said : messages read and written; error : what failed.
    facts : what else its system says of the whole conversation.
    outermost : nothing of the conversation lies above it.
    """

    trace: str
    id: str
    parent: str | None = None
    conversation: str | None = None
    kind: Kind = "other"
    name: str | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    total_tokens: int | None = None
    cost_usd: float | None = None
    model: str | None = None
    variant: str | None = None
    customer_id: str | None = None
    heard: list[Row] = field(default_factory=list)
    said: list[Row] = field(default_factory=list)
    error: str | None = None
    facts: Row = field(default_factory=dict)
    outermost: bool = False

    def with_later(self, it: "Span") -> "Span":
        """The span of which `it` came later: systems tell a beginning and an end apart."""
        told = {one.name: getattr(it, one.name) for one in fields(self)}
        changed = {name: value for name, value in told.items() if value not in (None, [], {}) and not (name == "kind" and value == "other")}
        return replace(self, **changed)


def conversation_of(spans: Sequence[Span]) -> Row:
    """The conversation that `spans`, all of one, tell of.

    A model's call is counted where none lies below it. A sum is unknown where one part of it is.
    """
    ordered = sorted(spans, key=lambda it: (it.started_at or _NEVER, it.ended_at or _NEVER))
    calls = _calls(ordered)
    tools = [it for it in ordered if it.kind == "tool" and it.name]
    messages = _messages(calls or ordered)
    facts: Row = {}
    for it in ordered:
        facts |= it.facts
    return {
        **facts,
        **known(
            id=next((it.conversation for it in ordered if it.conversation), ordered[0].trace),
            variant=_first(ordered, lambda it: it.variant),
            started_at=_iso(min((it.started_at for it in ordered if it.started_at), default=None)),
            ended_at=_iso(max((it.ended_at for it in ordered if it.ended_at), default=None)),
            booked=outcome_of(facts.get("scores", {})),
            cost_usd=_sum([it.cost_usd for it in calls]),
            input_tokens=_sum([it.input_tokens for it in calls]),
            output_tokens=_sum([it.output_tokens for it in calls]),
            total_tokens=_sum([it.total_tokens for it in calls]),
            response_times_s=_durations(calls),
            actions=[it.name for it in tools] or calls_in(messages),
            errors=_errors(ordered, calls, tools),
            messages=messages,
            customer_id=_first(ordered, lambda it: it.customer_id),
            model=_first(calls[::-1], lambda it: it.model),
        ),
    }


def of_an_agent(spans: Iterable[Span]) -> bool:
    """Whether `spans` tell of an agent or a model at all, and not of some other program."""
    return any(it.kind in {"chat", "agent"} for it in spans)


def _calls(spans: Sequence[Span]) -> list[Span]:
    """The calls of models without one below."""
    parents = {it.id: it.parent for it in spans}
    above: set[str] = set()
    for it in spans:
        place = it.parent if it.kind == "chat" else None
        while place is not None and place not in above:
            above.add(place)
            place = parents.get(place)
    return [it for it in spans if it.kind == "chat" and it.id not in above]


def _messages(spans: Sequence[Span]) -> list[Row]:
    """What was said: a call that is told all that went before replaces it, any other adds to it."""
    told: list[Row] = []
    for it in spans:
        told = [*(it.heard if len(it.heard) >= len(told) else [*told, *it.heard]), *it.said]
    return told


def _errors(spans: Sequence[Span], calls: Sequence[Span], tools: Sequence[Span]) -> list[Row]:
    """Failed tools; and what broke the conversation: an error of its root, or of the last call of a model, which nothing mended."""
    failed: list[Row] = [{"tool": it.name, "message": it.error} for it in tools if it.error]
    ids = {it.id for it in spans}
    last = [*(it for it in spans if it.parent not in ids and it.kind != "tool"), *calls[-1:]]
    broke = next((it.error for it in last if it.error), None)
    return [*failed, {"tool": None, "message": broke}] if broke else failed


def _durations(calls: Iterable[Span]) -> list[float]:
    found = [(it.ended_at - it.started_at).total_seconds() for it in calls if it.ended_at and it.started_at]
    return [it for it in found if it >= 0]


def _sum(parts: Sequence[N | None]) -> N | None:
    told = [it for it in parts if it is not None]
    return sum(told[1:], told[0]) if told and len(told) == len(parts) else None


def _first(spans: Iterable[Span], of: Callable[[Span], str | None]) -> str | None:
    return next((found for it in spans if (found := of(it))), None)


def _iso(at: datetime | None) -> Any:  # noqa: ANN401 - as a row holds it
    return None if at is None else at.isoformat()
