"""Alerts delivered: what waits is claimed, sent outside of any transaction, and settled."""

import logging
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Final

from lifecycle_core.alerts.delivery import Claimed, Outcome
from lifecycle_core.errors import LifecycleError
from lifecycle_core.operations import alerting, alerts
from lifecycle_core.settings import Settings
from tasks import context
from tasks.chat_services import ChatService
from tasks.webhooks import Webhook

ACTOR: Final = "system:alerts"
SENT_AT_ONCE: Final = 8
HOURLY_S: Final = 3600
"""The interval of the watch where none is set."""

log = logging.getLogger(__name__)


def targets() -> Mapping[str, Webhook | ChatService]:
    """Where messages go, by name."""
    return _targets(context.settings())


@cache
def _targets(it: Settings) -> Mapping[str, Webhook | ChatService]:
    webhooks = [Webhook(url, it.webhook_secret or "", it.allowed_hosts) for url in it.webhooks]
    made: list[Webhook | ChatService] = [*webhooks, *map(ChatService, it.chat_services)]
    return {one.name: one for one in made}


def deliver() -> int:
    """Send what is due, until nothing is: -> how many deliveries were tried. What fails is due again later, and is not waited for."""
    known, tried = targets(), 0
    with ThreadPoolExecutor(SENT_AT_ONCE) as pool:
        while claimed := alerts.take(context.database(), context.act(ACTOR), known):
            list(pool.map(_deliver, claimed))
            tried += len(claimed)
    return tried


def judge_watch() -> bool:
    """Whether the watch stands still; a message says so. On a demo's clock nothing does."""
    it = context.settings()
    return it.clock is None and alerting.judge_watch(context.database(), context.act(ACTOR), it.watch_seconds or HOURLY_S)


def _deliver(claimed: Claimed) -> None:
    try:
        outcome = targets()[claimed.delivery.target].send(claimed.message, context.settings().api_url)
    except LifecycleError as error:
        outcome = Outcome(error=str(error))
    except Exception as error:  # whatever a target's library does, the delivery is settled, and shows it
        log.exception("a message could not be sent to %s", claimed.delivery.target)
        outcome = Outcome(error=type(error).__name__)
    alerts.settle(context.database(), context.act(ACTOR), claimed, outcome)
