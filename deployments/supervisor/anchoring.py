"""What anchors the audit log every hour, as long as it grows, and writes each anchor into the log of what serves, too."""

import asyncio
import traceback
from typing import Final

from lifecycle_core.errors import LifecycleError
from lifecycle_core.operations import audit
from tasks import context

ACTOR: Final = "system:anchoring"
EVERY_S: Final = 3600.0


async def anchor_for_ever() -> None:
    """Anchor now and every hour from now on; what goes wrong once is told, and tried again."""
    while True:
        await asyncio.to_thread(anchor)
        await asyncio.sleep(EVERY_S)


def anchor() -> None:
    """Anchor what was added to the audit log since the last time, if anything was."""
    it = context.settings()
    try:
        made = audit.anchor(context.database(), context.act(ACTOR), it.audit_anchors, it.audit_key)
    except LifecycleError as error:
        _say(f"NOT ANCHORED: {error}")
    except Exception:  # noqa: BLE001 - an hour later the database may be there again
        traceback.print_exc()
    else:
        if made.appended:
            _say(made.anchor.line)


def _say(words: str) -> None:
    print(f"audit log: {words}", flush=True)  # noqa: T201 - into the log of what serves
