"""Tampering with an audit log, as one who may write the whole database would, and knows how it is checked.

Each kind changes an open connection, which is rolled back afterwards, and may change the anchors. Whoever cuts the log short or
writes it anew also puts the tables as the new log has them, so that nothing but an anchor can tell.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np

from benchmarks._audited import KINDS, anchored, other, place_of, relinked, said_by, something, stored
from lifecycle_core.anchors import Anchor
from lifecycle_core.chain import Change, link
from lifecycle_core.store.tables import TABLES

COLUMNS: Final = ("at", "by", "why", "request_id", "subject", "before", "after", "previous_hash", "hash")
LOG: Final = TABLES["audit_log"]
MAKE_ROOM: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Scene:
    """What a tamperer has: the log, how many rows the anchors hold, those anchors, chance, and a connection that is taken back."""

    log: Sequence[Change]
    lengths: Sequence[int]
    anchors: Sequence[Anchor]
    chance: np.random.Generator
    connection: Any

    @property
    def held(self) -> int:
        """How many rows the last anchor holds."""
        return max(self.lengths)

    def do(self, statement: Any) -> int:  # noqa: ANN401 - a statement of SQLAlchemy
        """Change the database past everything that guards it: -> how many rows were."""
        changed: int = self.connection.execute(statement).rowcount
        return changed

    def place(self, start: int = 0) -> int:
        """Any place in the log that an anchor holds, from `start` on."""
        return int(self.chance.integers(start, self.held))


Kind = Callable[[Scene], Sequence[Anchor]]
"""Tampers, and answers the anchors as they are then."""


def edit_of_a_log_row(it: Scene) -> Sequence[Anchor]:
    """Any column of any row that an anchor holds."""
    row, column = it.log[it.place()], str(it.chance.choice(COLUMNS))
    value = other(it.chance, row.at.isoformat() if column == "at" else getattr(row, column))
    it.do(LOG.update().where(LOG.c.id == row.number).values({column: stored(LOG.c[column], value)}))
    return it.anchors


def edit_of_a_data_row(it: Scene) -> Sequence[Anchor]:
    """Any audited column of any audited row, its name apart."""
    subject, said = _any_row(it)
    table, where = place_of(subject)
    kind = KINDS[table.name]
    column = str(it.chance.choice([name for name in kind.audit_columns if name not in kind.audit_subject]))
    value = _other(it, table.c[column], said[column])
    changed = it.do(table.update().prefix_with("OR IGNORE").where(*where).values({column: stored(table.c[column], value)}))
    return it.anchors if changed else edit_of_a_data_row(it)


def deletion_of_a_log_row(it: Scene) -> Sequence[Anchor]:
    """Any row that an anchor holds."""
    it.do(LOG.delete().where(LOG.c.id == it.log[it.place()].number))
    return it.anchors


def deletion_of_a_data_row(it: Scene) -> Sequence[Anchor]:
    """Any audited row."""
    table, where = place_of(_any_row(it)[0])
    it.do(table.delete().where(*where))
    return it.anchors


def insertion_of_a_forged_link(it: Scene) -> Sequence[Anchor]:
    """A row that follows from the one before it, with a hash of its own; those behind it move up."""
    place = it.place(1)
    before, model = it.log[place - 1], it.log[it.place()]
    said = {name: getattr(model, name) for name in ("at", "why", "request_id", "subject", "before", "after")} | {"by": "cli:forger"}
    it.do(LOG.update().where(LOG.c.id > before.number).values(id=LOG.c.id + MAKE_ROOM))
    it.do(LOG.update().where(LOG.c.id > MAKE_ROOM).values(id=LOG.c.id - (MAKE_ROOM - 1)))
    _insert(it, Change(number=before.number + 1, **said, previous_hash=before.hash, hash=link(before.hash, **said)))
    return it.anchors


def reordering(it: Scene) -> Sequence[Anchor]:
    """Two rows change places."""
    first, second = sorted(int(place) for place in it.chance.choice(it.held, 2, replace=False))
    one, two = it.log[first].number, it.log[second].number
    for start, end in ((one, MAKE_ROOM), (two, one), (MAKE_ROOM, two)):
        it.do(LOG.update().where(LOG.c.id == start).values(id=end))
    return it.anchors


def truncation(it: Scene) -> Sequence[Anchor]:
    """The log ends before the last anchor, and the tables are as they were then."""
    _become(it, it.log[: it.place()])
    return it.anchors


def full_rewrite(it: Scene) -> Sequence[Anchor]:
    """Something that an anchor holds never happened, or happened otherwise; all hashes are made anew, and the tables are put to match."""
    _become(it, _rewritten(it, it.place()))
    return it.anchors


def rewrite_with_anchors_forged(it: Scene) -> Sequence[Anchor]:
    """The same, and the anchors too: unsigned, signed with a key that was guessed, or with the signatures that were there."""
    log = _rewritten(it, it.place())
    _become(it, log)
    lengths = [min(rows, len(log)) for rows in it.lengths]
    forged = anchored(log, lengths, [None, b"a guess of the key"][int(it.chance.integers(2))])
    if it.chance.integers(3) == 0:
        return [replace(new, signature=old.signature) for new, old in zip(forged, it.anchors, strict=False)]
    return forged


def edit_of_an_anchor(it: Scene) -> Sequence[Anchor]:
    """Any field of any anchor."""
    place, column = int(it.chance.integers(len(it.anchors))), str(it.chance.choice(["at", "rows", "id", "head", "previous", "signature"]))
    old = it.anchors[place]
    given: dict[str, Any] = {column: other(it.chance, getattr(old, column))}
    changed = replace(old, **(given if column != "at" else {"at": old.at.replace(year=2020)}))
    return [*it.anchors[:place], changed, *it.anchors[place + 1 :]]


def deletion_of_an_anchor(it: Scene) -> Sequence[Anchor]:
    """Any but the last."""
    place = int(it.chance.integers(len(it.anchors) - 1))
    return [*it.anchors[:place], *it.anchors[place + 1 :]]


def rewrite_after_the_last_anchor(it: Scene) -> Sequence[Anchor]:
    """What no anchor holds yet, all hashes made anew and the tables to match."""
    _become(it, _rewritten(it, int(it.chance.integers(it.held, len(it.log)))))
    return it.anchors


def rewrite_with_anchors_and_no_key(it: Scene) -> Sequence[Anchor]:
    """Log, tables and unsigned anchors, all of it made anew."""
    log = _rewritten(it, it.place())
    _become(it, log)
    return anchored(log, [min(rows, len(log)) for rows in it.lengths], None)


DETECTED: Final[Mapping[str, Kind]] = {
    it.__name__: it
    for it in (
        edit_of_a_log_row,
        edit_of_a_data_row,
        deletion_of_a_log_row,
        deletion_of_a_data_row,
        insertion_of_a_forged_link,
        reordering,
        truncation,
        full_rewrite,
        rewrite_with_anchors_forged,
        edit_of_an_anchor,
        deletion_of_an_anchor,
    )
}
"""Each of these must be told."""
UNDETECTABLE: Final[Mapping[str, Kind]] = {it.__name__: it for it in (rewrite_after_the_last_anchor, rewrite_with_anchors_and_no_key)}
"""None of these can be, and the first is counted as not anchored."""


def _changed(it: Scene, table: str, name: str, value: object) -> object:
    return _other(it, TABLES[table].c[name], value) if table in KINDS else other(it.chance, value)


def _rewritten(it: Scene, place: int) -> list[Change]:
    row = it.log[place]
    match int(it.chance.integers(5)):
        case 0:
            changed = [replace(row, by="cli:somebody-else")]
        case 1:
            changed = [replace(row, why=f"{row.why} indeed")]
        case 2:
            changed = []
        case 3:
            changed = [replace(row, by="cli:forger"), row]
        case _:
            table = row.subject.split(":", 1)[0]
            names = [name for name in sorted(row.after) if table not in KINDS or name not in KINDS[table].audit_subject]
            if not names:
                changed = [replace(row, why="another")]
            else:
                name = str(it.chance.choice(names))
                changed = [replace(row, after={**row.after, name: _changed(it, table, name, row.after[name])})]
    made = relinked([*it.log[:place], *changed, *it.log[place + 1 :]])
    return [replace(one, number=number) for number, one in enumerate(made, start=1)]


def _become(it: Scene, log: Sequence[Change]) -> None:
    """Put log and tables as `log` has them."""
    same = next((place for place, (old, new) in enumerate(zip(it.log, log, strict=False)) if old != new), min(len(it.log), len(log)))
    it.do(LOG.delete().where(LOG.c.id > (it.log[same - 1].number if same else 0)))
    for row in log[same:]:
        _insert(it, row)
    before, after = said_by(it.log), said_by(log)
    for subject in sorted(before):
        table, where = place_of(subject)
        said = {name: value for name, value in after.get(subject, {}).items() if value != before[subject].get(name)}
        if subject not in after:
            it.do(table.delete().where(*where))
        elif said:
            it.do(table.update().where(*where).values({name: stored(table.c[name], value) for name, value in said.items()}))


def _insert(it: Scene, row: Change) -> None:
    it.do(LOG.insert().values(id=row.number, **{name: getattr(row, name) for name in COLUMNS}))


def _other(it: Scene, column: Any, value: object) -> object:  # noqa: ANN401 - a column of SQLAlchemy
    return something(column) if value is None else other(it.chance, value)


def _any_row(it: Scene) -> tuple[str, Mapping[str, Any]]:
    said = said_by(it.log)
    subject = sorted(said)[int(it.chance.integers(len(said)))]
    return subject, said[subject]
