"""Langfuse's traces with their observations → spans."""

from collections.abc import Iterator
from typing import Final

from lifecycle_core.traffic.importers.attributes import telling
from lifecycle_core.traffic.importers.said import messages_of
from lifecycle_core.traffic.importers.shapes import Row, Values, count_of, fields_of, instant_of, items_of, known, number_of, text_of
from lifecycle_core.traffic.importers.spans import Kind, Span

_KINDS: Final[dict[str, Kind]] = {"GENERATION": "chat", "TOOL": "tool", "AGENT": "agent"}
_FACTS: Final = ("name", "release", "version", "environment", "tags")


def recognised(values: Values) -> str | None:
    """Why `values` are a trace of Langfuse, if they are."""
    if isinstance(values.get("observations"), list) and ("trace" in values or "projectId" in values or "timestamp" in values):
        return "its records hold a trace with observations"
    return None


def spans(values: Values) -> Iterator[Span]:
    """The spans of one trace. Latencies are not read: older exports tell seconds and newer ones milliseconds; the clocks tell both."""
    trace = fields_of(values.get("trace")) or values
    whole = text_of(trace.get("id")) or "trace"
    scores = {name: it.get("value") for it in map(fields_of, items_of(trace.get("scores"))) if (name := text_of(it.get("name")))}
    facts = known(scores=scores, **{f"trace_{name}": trace.get(name) for name in _FACTS})
    yield Span(
        trace=whole,
        id=f"{whole} itself",
        conversation=text_of(trace.get("sessionId")),
        customer_id=text_of(trace.get("userId")),
        started_at=instant_of(trace.get("timestamp")),
        heard=messages_of(trace.get("input"), "user"),
        said=messages_of(trace.get("output"), "assistant"),
        facts=facts,
    )
    for it in map(fields_of, items_of(values.get("observations"))):
        own = text_of(it.get("id"))
        if own:
            yield _span(it, whole, own)


def _span(it: Values, trace: str, own: str) -> Span:
    metadata = fields_of(it.get("metadata"))
    found = telling(fields_of(metadata.get("attributes")))
    kind = _KINDS.get(str(it.get("type")), "other")
    failed = it.get("level") == "ERROR"
    return Span(
        trace=trace,
        id=own,
        parent=text_of(it.get("parentObservationId")),
        kind=kind,
        name=found.get("name") or text_of(it.get("name")),
        started_at=instant_of(it.get("startTime")),
        ended_at=instant_of(it.get("endTime")),
        model=text_of(it.get("model")),
        customer_id=found.get("customer_id"),
        heard=messages_of(it.get("input"), "user"),
        said=messages_of(it.get("output"), "assistant"),
        error=(text_of(it.get("statusMessage")) or "error") if failed else None,
        **_counts(it),
    )


def _counts(it: Values) -> Row:
    """Tokens and dollars; a zero beside no details is Langfuse's word for unknown."""
    usage, cost = fields_of(it.get("usageDetails")), fields_of(it.get("costDetails"))
    return known(
        input_tokens=count_of(usage.get("input")),
        output_tokens=count_of(usage.get("output")),
        total_tokens=count_of(usage.get("total")),
        cost_usd=number_of(it.get("totalCost")) if cost else None,
    )
