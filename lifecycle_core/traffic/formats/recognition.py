"""Which format a source is in: told by name, or known by what its first record holds."""

from collections.abc import Iterator
from itertools import chain
from typing import Any, Final

from pydantic_core import to_json

from lifecycle_core.traffic.formats import langfuse, langsmith, openai_chat, otlp, tau2, tau_bench
from lifecycle_core.traffic.formats.form import Form, Unreadable
from lifecycle_core.traffic.records import Record
from lifecycle_core.traffic.refusals import Refusal, shown

AUTO, NATIVE = "auto", "native"
FORMS: Final = {it.name: it for it in (otlp.FORM, langfuse.FORM, langsmith.FORM, tau2.FORM, tau_bench.FORM, openai_chat.FORM)}
NAMES: Final = (AUTO, NATIVE, *FORMS)
NOT_OF_ITS_FORMAT: Final = "it is not what its format says it should be; see `lifecycle ingest --help` for the formats"


def recognized(records: Iterator[Record], name: str = AUTO) -> tuple[Form | None, Iterator[Record]]:
    """The format of a source, None for conversations as they are, and all its records.

    name : of `NAMES`; by "auto" the first record that is JSON tells.
    """
    if name != AUTO:
        return FORMS.get(name), records
    head: list[Record] = []
    for it in records:
        head.append(it)
        if not isinstance(it.values, Refusal):
            found = next((form for form in FORMS.values() if form.known(it.values)), None)
            return found, chain(head, records)
    return None, iter(head)


def as_rows(form: Form | None, records: Iterator[Record]) -> Iterator[Record]:
    """The rows that records tell, as records: those of a refused one, and of one that cannot be read, are refused as well.

    A row's line is that of the last record read before it.
    """
    if form is None:
        yield from records
        return
    reading = _Reading(records)
    for row in form.rows(iter(reading)):
        yield from reading.refused()
        yield reading.fault(row) if isinstance(row, Unreadable) else Record(reading.line, to_json(row), row)
    yield from reading.refused()


class _Reading:
    """Records on their way into a format: those that are refused step aside."""

    def __init__(self, records: Iterator[Record]) -> None:
        self._records, self._aside = records, list[Record]()
        self.line = 1
        self._content = b""

    def __iter__(self) -> Iterator[dict[str, Any]]:
        for it in self._records:
            self.line, self._content = it.line, it.content
            if isinstance(it.values, Refusal):
                self._aside.append(it)
            else:
                yield it.values

    def refused(self) -> Iterator[Record]:
        """Those that stepped aside since this was asked."""
        aside, self._aside = self._aside, []
        yield from aside

    def fault(self, it: Unreadable) -> Record:
        """What its format could not read: the record that was read last, or a part of the source by its name."""
        what = f"unreadable ({type(it.error).__name__}{f' in {shown(it.part)}' if it.part else ''})"
        return Record(self.line, it.part.encode(errors="replace") if it.part else self._content, Refusal(None, what, NOT_OF_ITS_FORMAT))
