"""A source being read: each record becomes a conversation, or is refused with its reason."""

from collections import Counter
from collections.abc import Iterator
from itertools import chain, islice
from typing import BinaryIO, Final

from pydantic import ValidationError

from lifecycle_core.conversations import Conversation
from lifecycle_core.errors import InvalidInputError
from lifecycle_core.traffic.converting import Converter
from lifecycle_core.traffic.mapping import Mapping
from lifecycle_core.traffic.records import Record, records
from lifecycle_core.traffic.refusals import Refusal, RefusedError, explain
from lifecycle_core.traffic.rejected import Rejected, cut

HEAD: Final = 100
"""How many records are looked at before the first is accepted."""


class Reading:
    """One source, read by one mapping; iterate it once: (line, Conversation or Rejected), in order.

    unused : how many records had each field that no conversation took.
    """

    unused: Counter[str]

    def __init__(self, stream: BinaryIO, name: str, mapping: Mapping) -> None:
        self.name = name
        self.unused = Counter()
        self._records = records(stream)
        self._convert = Converter(mapping)

    def __iter__(self) -> Iterator[tuple[int, Conversation | Rejected]]:
        """Read on to the end."""
        return ((record.line, self._take(record)) for record in self._records)

    def refuse_if_unusable(self) -> None:
        """Look at the head; raise InvalidInputError where all of it has faults that the source or the options have, and not its records."""
        head = list(islice(self._records, HEAD))
        self._records = chain(head, self._records)
        faults = [self._take(record) for record in head]
        self.unused.clear()
        if not faults:
            message = f"{self.name} holds no record; give JSON lines, one conversation a line"
            raise InvalidInputError(message)
        refused = [it for it in faults if isinstance(it, Rejected) and it.refusal.of_source]
        if len(refused) == len(faults):
            refusal = Counter(it.refusal for it in refused).most_common(1)[0][0]
            fields = sorted({name for record in head if isinstance(record.values, dict) for name in record.values})
            hint = f" (its fields: {', '.join(fields)})" if fields else ""
            message = f"{self.name}, line {refused[0].line}: {refusal.sentence}{hint}; nothing of it was read in"
            raise InvalidInputError(message, field=refusal.field)

    def _take(self, record: Record) -> Conversation | Rejected:
        if isinstance(record.values, Refusal):
            return Rejected(self.name, record.line, record.values, cut(record.content))
        self.unused.update(record.values.keys() - self._convert.used)
        try:
            return self._convert(record.values)
        except RefusedError as error:
            refusal = error.refusal
        except ValidationError as error:
            refusal = explain(error)
        return Rejected(self.name, record.line, refusal, cut(record.content))
