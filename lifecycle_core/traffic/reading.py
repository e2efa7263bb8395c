"""A source being read: each record becomes a conversation, or is refused with its reason."""

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from itertools import chain
from typing import Any, BinaryIO, Final, Self

from pydantic import ValidationError

from lifecycle_core.conversations import Conversation
from lifecycle_core.errors import InvalidInputError
from lifecycle_core.traffic.converting import Converter, as_it_is
from lifecycle_core.traffic.formats.form import Form
from lifecycle_core.traffic.formats.recognition import AUTO, NATIVE, as_rows, recognized
from lifecycle_core.traffic.mapping import Mapping as FieldMapping
from lifecycle_core.traffic.records import Record, records
from lifecycle_core.traffic.refusals import MISSING, Refusal, RefusedError, explain
from lifecycle_core.traffic.rejected import Rejected, cut
from lifecycle_core.traffic.sources import Source

BATCH_RECORDS: Final = 5000
BATCH_BYTES: Final = 16 * 2**20
"""What is held in memory at once comes to some ten times this."""
HEAD: Final = 100
"""How many records are looked at before the first is accepted; up to a batch for a field that the options name and none of these has."""

READ_AS: Final = 1
"""Counts up with every change of what a record is read as: what was read otherwise is read anew."""


@dataclass(slots=True)
class Batch:
    """Records read together: the conversations, the line and bytes that each was read from, and what was refused.

    unused : how many records had each field that no conversation took.
    """

    source: str
    conversations: list[Conversation] = field(default_factory=list)
    read_as: list[tuple[int, bytes]] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)
    unused: Counter[str] = field(default_factory=Counter)

    def without(self, refused: Mapping[int, Refusal]) -> Self:
        """The batch with the conversations at these places refused."""
        late = [Rejected(self.source, self.read_as[at][0], why, cut(self.read_as[at][1])) for at, why in sorted(refused.items())]
        left = [at for at in range(len(self.conversations)) if at not in refused]
        return replace(
            self,
            conversations=[self.conversations[at] for at in left],
            read_as=[self.read_as[at] for at in left],
            rejected=[*self.rejected, *late],
        )


@dataclass(frozen=True, slots=True)
class Piece:
    """Records that are to be a batch. digest : of how they are read and of every byte of them; the same again is told by it."""

    records: tuple[Record, ...]
    digest: str


class Reading:
    """One source, read once by one mapping.

    unused : how many records had each field that no conversation took.
    form : the format that was told or recognized; None where its records are conversations as they are.
    """

    unused: Counter[str]
    form: Form | None

    def __init__(self, stream: BinaryIO, name: str, mapping: FieldMapping, form: str = AUTO) -> None:
        self.name = name
        self.unused = Counter()
        self.form, found = recognized(records(stream), form)
        self._records = as_rows(self.form, found)
        self._convert = Converter(mapping)
        self._plain = mapping.plain
        self._read_by = repr((READ_AS, self.read_as[0], mapping)).encode()
        self._named = mapping.named

    @property
    def read_as(self) -> tuple[str, str]:
        """The name of its format, and what it is known by."""
        return (self.form.name, self.form.sign) if self.form is not None else (NATIVE, "conversations by their own fields")

    @property
    def unknown(self) -> Counter[str]:
        """What the options have yet to give, of a preview."""
        return self._convert.unknown

    def batches(self, most_records: int = BATCH_RECORDS) -> Iterator[Batch]:
        """Read to the end, so many records at a time, or fewer where they are long."""
        return map(self.batch, self.pieces(most_records))

    def pieces(self, most_records: int = BATCH_RECORDS) -> Iterator[Piece]:
        """The records of each batch, as they stand in the source."""
        held: list[Record] = []
        held_bytes = 0
        for record in self._records:
            if len(held) >= most_records or held_bytes > BATCH_BYTES:
                yield self._piece(held)
                held, held_bytes = [], 0
            held.append(record)
            held_bytes += len(record.content)
        if held:
            yield self._piece(held)

    def _piece(self, records: list[Record]) -> Piece:
        digest = hashlib.sha256(self._read_by)
        for it in records:
            digest.update(b"%d:" % len(it.content))
            digest.update(it.content)
        return Piece(tuple(records), digest.hexdigest())

    def batch(self, piece: Piece) -> Batch:
        """What the records of a piece are."""
        before, batch = self.unused.copy(), Batch(self.name)
        for record in piece.records:
            taken = self._take(record)
            if isinstance(taken, Rejected):
                batch.rejected.append(taken)
            else:
                batch.conversations.append(taken)
                batch.read_as.append((record.line, record.content))
        batch.unused = self.unused - before
        return batch

    def refuse_if_unusable(self, *, allow_missing: bool = False, allow_empty: bool = False) -> None:
        """Look at the head; raise InvalidInputError where all of it has faults that the source or the options have, and not its records.

        allow_missing : a path that the options name may be missing from all of it. allow_empty : it may hold no conversation.
        """
        head, absent = self._head({} if allow_missing else dict(self._named))
        self._records = chain(head, self._records)
        faults = [self._take(record) for record in head[:HEAD]]
        self.unused.clear()
        self._convert.unknown.clear()
        if not faults and allow_empty:
            return
        if not faults:
            name, sign = self.read_as
            message = f"{self.name} holds no record; give JSON lines, one conversation a line"
            if self.form is not None:
                message = f"{self.name} was read as {name} ({sign}), and tells of no conversation; choose another --format if it is none"
            raise InvalidInputError(message)
        _refuse_absent(self.name, head, absent)
        refused = [it for it in faults if isinstance(it, Rejected) and it.refusal.of_source]
        if len(refused) == len(faults):
            refusal = Counter(it.refusal for it in refused).most_common(1)[0][0]
            fields = sorted({name for record in head if isinstance(record.values, dict) for name in record.values})
            hint = f" (its fields: {', '.join(fields)})" if refusal.value == MISSING else ""
            message = f"{self.name}, line {refused[0].line}: {refusal.sentence}{hint}; nothing of it was taken in"
            raise InvalidInputError(message, field=refusal.field)

    def _head(self, absent: dict[str, Source]) -> tuple[list[Record], dict[str, Source]]:
        """The first records, and those of `absent` that none of them has."""
        head: list[Record] = []
        held = 0
        for record in self._records:
            head.append(record)
            held += len(record.content)
            row = record.values
            if absent and isinstance(row, dict):
                absent = {option: it for option, it in absent.items() if not it.is_in(row)}
            if len(head) >= (BATCH_RECORDS if absent else HEAD) or held > BATCH_BYTES:
                break
        return head, absent

    def _take(self, record: Record) -> Conversation | Rejected:
        if self._plain and record.untouched and (whole := as_it_is(record.content)) is not None:
            return whole
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


def _refuse_absent(name: str, head: list[Record], absent: Mapping[str, Source]) -> None:
    """Refuse a path that no record of `head` has: it is mistyped, and what it was to fill would stay unknown for ever."""
    rows = [record.values for record in head if isinstance(record.values, dict)]
    if not (rows and absent):
        return
    option, source = next(iter(absent.items()))
    near = get_close_matches(source.path, sorted({path for row in rows for path in _paths(row)}), n=1)
    hint = f"did you mean {near[0]!r}?" if near else f"its fields are {', '.join(sorted({name for row in rows for name in row}))}."
    message = f"{option}: no record of {name} has {source.path!r}; {hint} --allow-missing takes it for unknown; nothing of it was taken in"
    raise InvalidInputError(message, field="map")


def _paths(row: Mapping[str, Any], above: str = "") -> Iterator[str]:
    for name, value in row.items():
        yield f"{above}{name}"
        if isinstance(value, dict):
            yield from _paths(value, f"{above}{name}.")
