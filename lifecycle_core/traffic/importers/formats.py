"""The formats that are read, and how each is recognised by its first record."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Final

from lifecycle_core.traffic.importers import langfuse, langsmith, openai_chat, openinference, otlp, tau2, tau_bench
from lifecycle_core.traffic.importers.shapes import Row, Values
from lifecycle_core.traffic.importers.spans import Span, conversation_of, of_an_agent
from lifecycle_core.traffic.records import Record
from lifecycle_core.traffic.refusals import Refusal

AUTO: Final = "auto"
NATIVE: Final = "native"
MAX_HELD_BYTES: Final = 64 * 2**20
"""How much of a source's spans may wait for the rest of their trace."""

_NATIVE: Final = "its records hold a conversation's fields, or those that --map names"
_ASKED: Final = "as --format says"
_NO_AGENT: Final = Refusal("the trace", "no conversation", "it must hold a call of a model or of an agent")


@dataclass(frozen=True, slots=True)
class Format:
    """One format: why a record is of it, and what it holds: whole conversations as rows, or spans of them."""

    recognised: Callable[[Values], str | None]
    rows: Callable[[Values], Iterator[Row]] | None = None
    spans: Callable[[Values], Iterator[Span]] | None = None


FORMATS: Final = {
    "otlp": Format(otlp.recognised, spans=otlp.spans),
    "langfuse": Format(langfuse.recognised, spans=langfuse.spans),
    "langsmith": Format(langsmith.recognised, spans=langsmith.spans),
    "openinference": Format(openinference.recognised, spans=openinference.spans),
    "tau-bench": Format(tau_bench.recognised, rows=tau_bench.rows),
    "tau2-bench": Format(tau2.recognised, rows=tau2.rows),
    "openai-chat": Format(openai_chat.recognised, rows=openai_chat.rows),
}
"""The formats of others by name, in the order in which they are tried; what is none of them is ours."""
NAMES: Final = (AUTO, NATIVE, *FORMATS)


def imported(read: Iterator[Record], wanted: str = AUTO) -> tuple[str, str, Iterator[Record]]:
    """The format of `read`, why it is that, and its records with a conversation's row each."""
    head: list[Record] = []
    for record in read:
        head.append(record)
        if isinstance(record.values, dict):
            break
    read = chain(head, read)
    values = head[-1].values if head else None
    name, why = (wanted, _ASKED) if wanted != AUTO else recognise(values) if isinstance(values, dict) else (NATIVE, _NATIVE)
    if name == NATIVE:
        return name, why, read
    chosen = FORMATS[name]
    return name, why, _of_rows(read, name, chosen) if chosen.rows else _of_spans(read, name, chosen)


def recognise(values: Values) -> tuple[str, str]:
    """The name of the format that a record is of, and why.

    >>> recognise({"resourceSpans": []})
    ('otlp', 'its records hold resourceSpans')
    """
    return next(((name, why) for name, it in FORMATS.items() if (why := it.recognised(values))), (NATIVE, _NATIVE))


def _of_rows(read: Iterable[Record], name: str, chosen: Format) -> Iterator[Record]:
    for record in read:
        told = _told(record, name, chosen)
        if isinstance(told, Refusal) or chosen.rows is None:
            yield record if isinstance(record.values, Refusal) else Record(record.line, record.content, _foreign(name))
            continue
        for row in chosen.rows(told):
            yield Record(record.line, record.content, row)


def _of_spans(read: Iterable[Record], name: str, chosen: Format) -> Iterator[Record]:
    """Conversations of spans that stand anywhere in a source: they wait for the rest of their trace, within a bound."""
    held: dict[str, dict[str, Span]] = {}
    first: dict[str, Record] = {}
    size = 0
    for record in read:
        told = _told(record, name, chosen)
        if isinstance(told, Refusal) or chosen.spans is None:
            yield Record(record.line, record.content, told if isinstance(told, Refusal) else _foreign(name))
            continue
        size += len(record.content)
        for span in chosen.spans(told):
            trace = held.pop(span.trace, {})
            held[span.trace] = trace
            before = trace.get(span.id)
            trace[span.id] = before.with_later(span) if before else span
            first.setdefault(span.trace, record)
        if size > MAX_HELD_BYTES:
            oldest = {trace: held.pop(trace) for trace in list(held)[: len(held) // 2 or 1]}
            yield from _whole(oldest, first)
            size //= 2
    yield from _whole(held, first)


def _told(record: Record, name: str, chosen: Format) -> Values | Refusal:
    if isinstance(record.values, Refusal):
        return record.values
    return record.values if chosen.recognised(record.values) else _foreign(name)


def _foreign(name: str) -> Refusal:
    return Refusal(None, f"of another format than {name}", "a source is of one format; give the rest as a source of its own, or --format")


def _whole(traces: dict[str, dict[str, Span]], first: dict[str, Record]) -> Iterator[Record]:
    """A row for each conversation: traces of the same one are together."""
    together: defaultdict[str, list[str]] = defaultdict(list)
    for trace, held in traces.items():
        together[next((it.conversation for it in held.values() if it.conversation), trace)].append(trace)
    for of_one in together.values():
        spans = [span for trace in of_one for span in traces[trace].values()]
        record = min((first.pop(trace) for trace in of_one), key=lambda it: it.line)
        yield Record(record.line, record.content, conversation_of(spans) if of_an_agent(spans) else _NO_AGENT)
