"""What comes in of every format and of hostile files: records, unknown outcomes, and what was quarantined, with its reasons.

The samples are real exports; of fields that a format does not tell (a variant, an end) a rehearsal fills in what the command would be
given. Hostile files are each read to the end: good rows must come through, and each of the others must be told of.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Final

from benchmarks._hostile import FILES, Hostile
from benchmarks._real import NOW
from benchmarks.ingest import COMMANDS, SHARED, mapping_of
from lifecycle_core.traffic.folders import files_at
from lifecycle_core.traffic.mapping import Mapping
from lifecycle_core.traffic.reading import Reading
from tasks import quality

SAMPLES: Final = SHARED / "formats"
_LATER: Final = NOW.replace(year=NOW.year + 2)
"""When the samples are read; the newest of them was recorded after `NOW`."""


@dataclass(slots=True)
class Came:
    """What became of one source: `unknown` counts the conversations whose outcome it does not tell."""

    format: str
    conversations: int = 0
    unknown: int = 0
    quarantined: int = 0
    reasons: Counter[str] = field(default_factory=Counter)


def run() -> dict[str, object]:
    """Every sample and file of the shared data, then every hostile file."""
    print(f"{'source':<72}{'format':<15}{'records':>9}{'outcome unknown':>17}{'quarantined':>13}")
    sources = {name: _read(path, mapping) for name, path, mapping in _sources()}
    for name, it in sources.items():
        print(f"{name:<72}{it.format:<15}{it.conversations + it.quarantined:>9,}{it.unknown:>17,}{it.quarantined:>13,}")
        for reason, count in it.reasons.most_common():
            print(f"    {count:,} times {reason}")
    wrong = [(it.name, came) for it in FILES if not as_must_be(it, *(came := judged(it)))]
    for name, came in wrong:
        print(f"hostile: {name}: kept and refused {came}")
    print(f"hostile files: {len(FILES)}, as they must be: {len(FILES) - len(wrong)}")
    return {
        "sources": len(sources),
        "records": sum(it.conversations + it.quarantined for it in sources.values()),
        "unknown_outcomes": sum(it.unknown for it in sources.values()),
        "quarantined": sum(it.quarantined for it in sources.values()),
        "by_source": {name: [it.format, it.conversations + it.quarantined, it.unknown, it.quarantined] for name, it in sources.items()},
        "hostile_files": len(FILES),
        "hostile_right": len(FILES) - len(wrong),
    }


def judged(it: Hostile) -> tuple[int, int]:
    """How many conversations of a hostile file would be kept, each once, and how many of its records refused."""
    reading = Reading(BytesIO(it.content()), it.name, Mapping.parse())
    kept: set[str] = set()
    refused = 0
    for batch in reading.batches():
        left = batch.without(quality.check(batch.conversations, NOW).refused)
        kept |= {one.id for one in left.conversations}
        refused += len(left.rejected)
    return len(kept), refused


def as_must_be(it: Hostile, kept: int, refused: int) -> bool:
    """Whether that is what must become of a hostile file."""
    return kept == it.kept and (refused == it.refused if it.refused is not None else refused > 0)


def _sources() -> Iterator[tuple[str, Path, Mapping]]:
    for name, command in COMMANDS.items():
        if (SHARED / name).exists():
            yield name, SHARED / name, mapping_of(SHARED / name, command)
    for folder in sorted(SAMPLES.iterdir() if SAMPLES.exists() else ()):
        yield from ((str(path.relative_to(SHARED)), path, Mapping.parse()) for path in _files(folder))


def _files(folder: Path) -> Sequence[Path]:
    return files_at(folder) if folder.is_dir() else ()


def _read(path: Path, mapping: Mapping) -> Came:
    with path.open("rb") as stream:
        reading = Reading(stream, path.name, mapping, stand_in=_LATER)
        came = Came(reading.format)
        for batch in reading.batches():
            left = batch.without(quality.check(batch.conversations, _LATER).refused)
            came.conversations += len(left.conversations)
            came.unknown += sum(it.booked is None for it in left.conversations)
            came.quarantined += len(left.rejected)
            came.reasons.update(f"{it.refusal.field or 'the record'}: {it.refusal.rule}" for it in left.rejected)
    return came
