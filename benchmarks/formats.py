"""Files of other systems and hostile files, read as `lifecycle ingest` reads them: what is kept, what is unknown, what is refused and why.

Of the shared data: the timeline, τ², SGD, and every sample of another system's export. Of hostile files: each must come to what is
expected of it, be it that it is refused whole, and none may end in anything but an answer.
"""

from collections import Counter
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Final

from benchmarks import _hostile_files
from benchmarks._real import NOW, missing
from benchmarks._real_files import COMMANDS, SHARED, mapping_of
from lifecycle_core.errors import InvalidInputError
from lifecycle_core.traffic.mapping import Mapping
from lifecycle_core.traffic.reading import Reading
from tasks import quality

FILES: Final = ("timeline.jsonl.gz", "tau2.jsonl.gz", "tau.jsonl.gz", "sgd/sgd.jsonl.gz")
GIVEN: Final = {"zone": "UTC", "ended_at": "2025-10-07T12:00:00Z"}
"""What the samples of other systems do not tell."""


def run() -> dict[str, object]:
    """Read all of them."""
    print(f"{'file':<62}{'read as':<13}{'records':>9}{'kept':>9}{'unknown':>9}{'refused':>9}  the first refusal")
    told = [_told(path, name) for path, name in _real_files()]
    hostile = list(_judged([*_hostile_files.files(), _hostile_files.bomb()]))
    print(f"\n{'hostile file':<62}{'kept':>9}{'refused':>9}  what is said")
    for name, kept, refused, said, right in hostile:
        print(f"{name:<62}{'none' if kept is None else kept:>9}{refused:>9}  {'' if right else 'NOT AS EXPECTED: '}{said[:110]}")
    return {
        "files": len(told),
        "records": sum(it["records"] for it in told),
        "unknown_outcomes": sum(it["unknown"] for it in told),
        "quarantined": sum(it["refused"] for it in told),
        "hostile_files": len(hostile),
        "hostile_as_expected": sum(right for *_, right in hostile),
    }


def _real_files() -> Iterator[tuple[Path, str | None]]:
    if (why := missing("formats", "timeline.jsonl.gz")) is not None:
        print(f"not read: {why}")
        return
    for name in FILES:
        if (SHARED / name).exists():
            yield SHARED / name, name
    for path in sorted((SHARED / "formats").glob("*/*.json*")):
        yield path, None


def _told(path: Path, name: str | None) -> dict[str, int]:
    mapping = mapping_of(path, COMMANDS[name]) if name in COMMANDS else Mapping.parse(variant="v", **GIVEN)
    with path.open("rb") as stream:
        reading = Reading(stream, path.name, mapping)
        batches = list(reading.batches())
    kept = [it for batch in batches for it in batch.conversations]
    refused = [it for batch in batches for it in batch.rejected]
    unknown = Counter(it.booked for it in kept)[None]
    shown = f"{path.parent.name}/{path.name}" if name is None else path.name
    why = refused[0].refusal.sentence if refused else ""
    counts = f"{len(kept) + len(refused):>9,}{len(kept):>9,}{unknown:>9,}{len(refused):>9,}"
    print(f"{shown:<62}{reading.read_as[0]:<13}{counts}  {why}")
    return {"records": len(kept) + len(refused), "unknown": unknown, "refused": len(refused)}


def _judged(files: list[_hostile_files.Hostile]) -> Iterator[tuple[str, int | None, int, str, bool]]:
    """Each file with what became of it, and whether that is as expected."""
    for it in files:
        kept, refused, said = outcome(it.content)
        yield it.name, kept, refused, said, (kept, refused) == (it.kept, it.refused)


def outcome(content: bytes) -> tuple[int | None, int, str]:
    """How many conversations are kept, how many records refused, and the first sentence; None where all is refused as a whole."""
    reading = Reading(BytesIO(content), "hostile.jsonl", Mapping())
    try:
        reading.refuse_if_unusable()
    except InvalidInputError as error:
        return None, 0, str(error)
    batches = [it.without(quality.check(it.conversations, NOW).refused) for it in reading.batches()]
    refused = [it for batch in batches for it in batch.rejected]
    return sum(len(it.conversations) for it in batches), len(refused), refused[0].refusal.sentence if refused else ""
