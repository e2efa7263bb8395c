"""Which conversations' goals a shadow test may still be served.

1. New ones as they become known; recorded ones that neither the improver learnt from nor its candidates were chosen by, the newest first.
2. There is room for as many as the policy has samples at most; a scenario that the infrastructure took gives its room back.
3. A goal of which masking leaves nothing is drawn too, so that it is not looked at for ever, and never served.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from lifecycle_core.conversations import Conversation, Window
from lifecycle_core.policy import ShadowSource
from lifecycle_core.privacy.masking import Masker
from lifecycle_core.retraining.cases import Split, split_of
from lifecycle_core.retraining.session import Session
from lifecycle_core.store import samples, served
from lifecycle_core.store.database import Transaction

RECORDED_DAYS: Final = 28
"""How far back recorded goals are taken from."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """Masked conversations in the order in which they ended. last : the record holds no more, and none will come."""

    conversations: Sequence[Conversation] = ()
    last: bool = False


def draw(tx: Transaction, it: Session, at: datetime, masker: Masker) -> Drawn:
    """What may be drawn at `at`, as far as there is room."""
    room = _room(tx, it)
    if it.shadow_started_at is None or it.goals_drawn_at is not None or not room:
        return Drawn()
    if it.policy.shadow.source is ShadowSource.NEW:
        return Drawn(_masked(tx, it, _new(tx, it, at)[:room], masker))
    known = samples.planned_ids(tx, it.session_id)
    recorded = served.goals(tx, it.variant, it.incumbent_version, Window.before(it.shadow_started_at, hours=24 * RECORDED_DAYS))
    left = [name for name, goal in recorded if name not in known and split_of(masker(goal)) is Split.HELD_OUT]
    found: list[Conversation] = []
    while left and len(found) < room:
        newest, left = left[-room:], left[:-room]
        found = [one for one in _masked(tx, it, newest, masker) if one.goal and split_of(one.goal) is Split.HELD_OUT] + found
    return Drawn(found[-room:], last=not left and len(found) <= room)


def may_draw(tx: Transaction, it: Session, at: datetime) -> bool:
    """Whether `draw` would have something to say at `at`."""
    if it.shadow_started_at is None or it.goals_drawn_at is not None or not _room(tx, it):
        return False
    return it.policy.shadow.source is ShadowSource.RECORDED or bool(_new(tx, it, at))


def too_few(tx: Transaction, it: Session) -> str:
    """Why the recorded goals, all of which are drawn, cannot be enough for a first look; empty where they can."""
    found, needed = len(samples.scenarios(tx, it.session_id)), it.policy.shadow.min_shadow_samples
    if found >= needed:
        return ""
    few = f"the last {RECORDED_DAYS} days hold {found} recorded goals that nobody learnt from, and a shadow test needs {needed}"
    return f"{few}; test on those of new conversations, or lower maxSamples"


def _new(tx: Transaction, it: Session, at: datetime) -> list[str]:
    """The conversations that ended since the test began, and are not drawn yet."""
    if it.shadow_started_at is None:
        return []
    known = samples.planned_ids(tx, it.session_id)
    ended = served.goals(tx, it.variant, it.incumbent_version, Window(it.shadow_started_at, at))
    return [name for name, _ in ended if name not in known]


def _room(tx: Transaction, it: Session) -> int:
    counted = sum(sample.counts for sample in samples.recorded(tx, it.session_id))
    return max(0, it.policy.shadow.max_samples - counted - len(samples.pending(tx, it.session_id)))


def _masked(tx: Transaction, it: Session, ids: Sequence[str], masker: Masker) -> list[Conversation]:
    return [masker.conversation(one) for one in served.of_ids(tx, it.variant, ids)]
