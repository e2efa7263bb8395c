"""Refused records judged again: by another mapping, by what the program reads by now, or as of a later instant."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from pydantic import ValidationError

from lifecycle_core.conversations import Conversation
from lifecycle_core.traffic.converting import Converter
from lifecycle_core.traffic.lines import Line
from lifecycle_core.traffic.mapping import Mapping
from lifecycle_core.traffic.records import of_line
from lifecycle_core.traffic.refusals import Refusal, RefusedError, explain
from lifecycle_core.traffic.rejected import Quarantined

SHORTENED = Refusal(None, "kept shortened", "take its file in again: only there it stands whole")


@dataclass(frozen=True, slots=True)
class Judged:
    """A refused record, and what it is by now: a conversation, or why it is none."""

    record: Quarantined
    found: Conversation | Refusal


def judged(records: Iterable[Quarantined], mapping: Mapping) -> Iterator[Judged]:
    """Each record as it is taken by `mapping`."""
    convert = Converter(mapping)
    for it in records:
        yield Judged(it, _taken(it, convert) if it.whole else SHORTENED)


def _taken(it: Quarantined, convert: Converter) -> Conversation | Refusal:
    values = of_line(Line(it.line, it.content.encode("utf-8", "surrogatepass"))).values
    if isinstance(values, Refusal):
        return values
    try:
        return convert(values)
    except RefusedError as error:
        return error.refusal
    except ValidationError as error:
        return explain(error)
