"""One schedule of `benchmarks.schedules`: a variant of its own, what its actors do to it, and what must be true of it afterwards.

Three versions of the variant are there, the first of them active; where an actor means to promote, there is a retraining, too, whose
evidence is in: its candidate is the third.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import count, starmap
from time import monotonic
from typing import Final

import numpy as np

from benchmarks._sessions import in_shadow_test, samples
from benchmarks._versions_model import Model
from lifecycle_core.errors import DatabaseUnavailableError, LifecycleError
from lifecycle_core.operations import promotion, shadow, versions, versions_asked
from lifecycle_core.provenance import Provenance
from lifecycle_core.retraining.session import OPEN, Session, Status, label
from lifecycle_core.store import samples as kept_samples
from lifecycle_core.store import sessions, variants
from lifecycle_core.store import versions as kept_versions
from lifecycle_core.store.database import Database, Transaction
from lifecycle_core.versions.version import Activation, Tag, Version, content_hash

START: Final = datetime(2025, 10, 7, 12, tzinfo=UTC)
VERSIONS: Final = 3
SAMPLES: Final = 100
CANDIDATE: Final = VERSIONS
KINDS: Final[Mapping[str, float]] = {"activate": 0.3, "swap": 0.15, "rollback": 0.25, "promote": 0.07, "tag": 0.14, "untag": 0.09}
"""Operation -> how often it is chosen; a swap is an activation that insists on what its actor saw."""
TAGS: Final = (Tag.PRODUCTION, Tag.ROLLBACK, Tag.STABLE, "best")
ACTORS: Final = 4
ENDS: Final = 0.7
"""How probably an actor does nothing more after an operation."""
MAX_OPERATIONS: Final = 20


@dataclass(frozen=True, slots=True)
class Asked:
    """What an actor is to do: an operation, the version it is about, and a tag."""

    kind: str
    version: int
    tag: str


@dataclass(frozen=True, slots=True)
class Told:
    """What the actor was told of it.

    name : of the operation, by which the trail tells it; revision : of the activation that it made, None where it made none.
    seen : the revision on which a swap insisted; refused : the refusal's code, empty where there was none.
    began, ended : on the machine's own clock.
    """

    schedule: int
    name: str
    kind: str
    version: int | None = None
    revision: int | None = None
    seen: int | None = None
    refused: str = ""
    began: float = 0.0
    ended: float = 0.0


def variant_of(schedule: int) -> str:
    """The variant of a schedule."""
    return f"schedule {schedule:06}"


def plan(schedule: int, actor: int) -> list[Asked]:
    """What an actor does in a schedule, which says it all: the same in every run."""
    chance = np.random.default_rng((schedule, actor))
    operations = min(int(chance.geometric(ENDS)), MAX_OPERATIONS)
    kinds = chance.choice(list(KINDS), operations, p=list(KINDS.values()))
    numbers, tags = chance.integers(1, VERSIONS + 1, operations), chance.choice(TAGS, operations)
    return list(starmap(Asked, zip(map(str, kinds), map(int, numbers), map(str, tags), strict=True)))


def proven(database: Database) -> Session:
    """A retraining whose evidence is in, from which those of the schedules are taken."""
    act = Provenance("benchmark", START)
    it = in_shadow_test(database, act, "proven", manual_review=True)
    shadow.record_samples(database, act, it.session_id, samples(act, SAMPLES))
    return shadow.keep_verdict(database, act, it.session_id)


def prepare(database: Database, like: Session, schedules: Sequence[int]) -> None:
    """Make the variants of the schedules, in one transaction."""
    act = Provenance("benchmark", START)
    contents = [content_hash(f"prompt {number}", None, {}, ()) for number in range(1, VERSIONS + 1)]
    with database.write(act) as tx:
        for schedule in schedules:
            name = variant_of(schedule)
            variants.enter(tx, name, act.at)
            for number, content in enumerate(contents, start=1):
                it = Version(variant_name=name, version=number, system_prompt=f"prompt {number}", content_hash=content, created_at=act.at)
                kept_versions.add(tx, it)
            kept_versions.push(tx, act, name, 1)
            if not any(it.kind == "promote" for actor in range(ACTORS) for it in plan(schedule, actor)):
                continue
            _add_session(tx, act, like, _session_of(schedule), name)


def _add_session(tx: Transaction, act: Provenance, like: Session, its: str, variant: str) -> None:
    """Take a session to where `like` stands, by the moves that lead there, and give it its samples."""
    there = replace(
        like, session_id=its, key=its, variant=variant, version=CANDIDATE, incumbent_version=1, new_variant=label(variant, CANDIDATE)
    )
    first, *others = OPEN
    number = sessions.add(tx, replace(there, id=None, status=first)).id
    for status in others:
        sessions.save(tx, replace(there, id=number, status=status))
    kept_samples.record(tx, act, its, samples(act, SAMPLES))


def played(database: Database, schedule: int, actor: int) -> list[Told]:
    """Do what the actor has to do, one after the other."""
    acts = (Provenance(f"actor {actor}", START + timedelta(seconds=number), f"{actor}/{number}") for number in count(1))
    return [told(database, schedule, act, it) for act, it in zip(acts, plan(schedule, actor), strict=False)]


def told(database: Database, schedule: int, act: Provenance, asked: Asked) -> Told:
    """Do one thing, and tell what was answered, and from when to when it took."""
    began = monotonic()
    return replace(_answered(database, schedule, act, asked), began=began, ended=monotonic())


def contended(answers: Sequence[Told]) -> int:
    """How many of a schedule's operations met another: one of somebody else was under way on the same variant.

    >>> one = Told(0, "1/1", "activate", began=1.0, ended=3.0)
    >>> contended([one, replace(one, began=2.0), replace(one, began=4.0, ended=5.0)])
    2
    """
    in_order = sorted(answers, key=lambda it: it.began)
    met, latest = set[int](), 0
    for place, it in enumerate(in_order[1:], start=1):
        if it.began < in_order[latest].ended:
            met |= {place, latest}
        if it.ended > in_order[latest].ended:
            latest = place
    return len(met)


def doubles(database: Database) -> int:
    """How many changes stand in the trails once more than they were asked for: those of one name, and promotions past the first."""
    with database.read() as tx:
        trails = kept_versions.all_activations(tx, START + timedelta(days=1))
    found = 0
    for trail in trails.values():
        named = Counter(it.session_id or it.why for it in trail[1:])
        found += sum(it - 1 for it in named.values())
    return found


def _answered(database: Database, schedule: int, act: Provenance, asked: Asked) -> Told:
    """What was answered; asked again for as long as others hold the database."""
    seen = versions_asked.active(database, variant_of(schedule)) if asked.kind == "swap" else None
    blank = Told(schedule, act.why, asked.kind, seen=seen.revision if seen else None)
    while True:
        try:
            return _made(database, schedule, act, asked, blank, seen.etag if seen else None)
        except DatabaseUnavailableError:
            continue
        except LifecycleError as refusal:
            return replace(blank, refused=refusal.code)


def _made(database: Database, schedule: int, act: Provenance, asked: Asked, told: Told, expected: str | None) -> Told:  # noqa: PLR0917 - one call
    variant = variant_of(schedule)
    if asked.kind == "rollback":
        back = versions.roll_back(database, act, variant)
        return replace(told, version=back.current_version, revision=back.revision)
    if asked.kind == "promote":
        ended = promotion.finalize(database, act, _session_of(schedule), force=True, reason=act.why)
        return replace(told, version=CANDIDATE if ended.status is Status.PROMOTED else None)
    if asked.kind == "tag":
        versions.tag(database, act, variant, asked.version, asked.tag)
    elif asked.kind == "untag":
        versions.untag(database, act, variant, asked.version, asked.tag)
    else:
        done = versions.activate(database, act, variant, asked.version, expected)
        return replace(told, version=done.version, revision=done.revision if done.why == act.why else None)
    return told


def broken(database: Database, told: Mapping[int, Sequence[Told]]) -> Iterator[str]:
    """What is not as it must be after the schedules, a sentence each; told : schedule -> what its actors were told."""
    with database.read() as tx:
        trails = kept_versions.all_activations(tx, START + timedelta(days=1))
        kept = {it: kept_versions.newest(tx, variant_of(it), VERSIONS + 1) for it in told}
    for schedule, answers in told.items():
        trail = trails[variant_of(schedule)]
        for sentence in (*_pointer(trail, kept[schedule]), *_acknowledged(trail, answers)):
            yield f"{variant_of(schedule)}: {sentence}"


def _pointer(trail: Sequence[Activation], kept: Sequence[Version]) -> Iterator[str]:
    """The trail has no gap and is one that the model can make, and it ends where versions and tags say."""
    if [it.revision for it in trail] != list(range(1, len(trail) + 1)):
        yield f"revisions are {[it.revision for it in trail]}"
    model = Model(contents=[str(number) for number in range(VERSIONS)])
    for it in trail:
        before, moves = model.active, len(model.moves)
        moved = model.activate(it.version) if it.kind == "activate" else model.roll_back()
        if not moved or len(model.moves) == moves or (before, model.active) != (it.previous_version, it.version):
            yield f"revision {it.revision} says {it.kind} from {it.previous_version} to {it.version}; the model was at {before}"
    active = [it.version for it in kept if it.is_active]
    if active != [model.active]:
        yield f"active are {active}; the trail ends at {model.active}"
    carried = Counter(tag for it in kept for tag in it.tags)
    if max(carried.values(), default=0) > 1:
        yield f"tags are on several versions: {dict(carried)}"
    on = {tag: it.version for it in kept for tag in it.tags}
    if (on.get(Tag.PRODUCTION), on.get(Tag.ROLLBACK)) != (model.active, model.below):
        yield f"production and rollback are at {on}; they belong to {model.active} and {model.below}"


def _acknowledged(trail: Sequence[Activation], answers: Sequence[Told]) -> Iterator[str]:
    """What was acknowledged is in the trail once, as it was told, and nothing else is; a swap follows what its actor saw."""
    at = {it.revision: it for it in trail}
    made = [it for it in answers if it.revision is not None]
    for it in made:
        found = at.get(it.revision or 0)
        if found is None or (found.why, found.version) != (it.name, it.version):
            yield f"{it.kind} {it.name} was told of revision {it.revision} to version {it.version}; the trail has {found}"
        if it.seen is not None and it.revision != it.seen + 1:
            yield f"swap {it.name} insisted on revision {it.seen} and made {it.revision}"
    promoted = any(it.kind == "promote" and it.version == CANDIDATE for it in answers)
    promotions = sum(it.session_id is not None for it in trail)
    if promotions != promoted:
        yield f"the candidate was promoted {promotions} times, and {'some actor was' if promoted else 'no actor was'} told so"
    named = Counter(it.why for it in trail[1:] if it.session_id is None)
    expected = Counter(it.name for it in made)
    if named != expected:
        yield f"the trail tells of {dict(named)}; acknowledged were {dict(expected)}"


def _session_of(schedule: int) -> str:
    return f"retrain_{variant_of(schedule)}"
