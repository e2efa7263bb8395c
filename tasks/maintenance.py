"""The nightly upkeep: traffic whose time is over is let go."""

from typing import Final

from lifecycle_core.operations import retention
from lifecycle_core.traffic.retention import Kept
from tasks import context
from tasks.steps import named

ACTOR: Final = "flow:maintain"
ALL_KEPT: Final = "everything is kept: no setting says for how long"


def days(messages: int | None = None, conversations: int | None = None) -> dict[Kept, int]:
    """For how many days what is kept: as given, else as this installation is set; what is kept for ever is left out."""
    it = context.settings()
    found = {
        Kept.MESSAGES: messages if messages is not None else it.keep_messages_days,
        Kept.CONVERSATIONS: conversations if conversations is not None else it.keep_conversations_days,
    }
    return {what: count for what, count in found.items() if count is not None}


@named("let traffic go")
def let_go() -> str:
    """Let go of what is older than this installation keeps: -> what went, in a sentence."""
    wanted = days()
    if not wanted:
        return ALL_KEPT
    went = retention.maintain(context.database(), context.act(ACTOR), wanted)
    return "; ".join(f"{it.what.value} from before {it.before:%Y-%m-%d %H:%MZ}: {it.conversations:,} let go" for it in went)
