"""Messages as Standard Webhooks: one POST of JSON, signed, under the id of its message, however often it is sent."""

import hashlib
import json
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import urlsplit

import httpx2
from standardwebhooks.webhooks import Webhook as Signer

from lifecycle_core.alerts.delivery import Outcome
from lifecycle_core.alerts.messages import Line, Message
from lifecycle_core.errors import LifecycleError
from tasks import context
from tasks.outgoing import Outgoing

TIMEOUT_S: Final = 10.0
_ASKED_TO_WAIT: Final = {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE}


@dataclass(frozen=True)
class Webhook:
    """One target. url : its address, which may hold a secret; secret : what it is signed with, `whsec_` and base64.

    allowed_hosts : those that may lie inside a network; see `tasks.outgoing`. Redirects are not followed: the target moved, and says so.
    """

    url: str = field(repr=False)
    secret: str = field(repr=False)
    allowed_hosts: Collection[str] = ()

    @cached_property
    def name(self) -> str:
        """What it is called where messages are listed: its host, and what tells it from others there.

        >>> Webhook("https://hooks.example/T0/s3cret", "").name
        'hooks.example/087007'
        """
        return f"{urlsplit(self.url).hostname}/{hashlib.sha256(self.url.encode()).hexdigest()[:6]}"

    def send(self, message: Message, base: str) -> Outcome:
        """Send it, and tell what came of it. base : the address under which the message's path is read."""
        text = json.dumps(payload(message, base), ensure_ascii=False, separators=(",", ":"))
        at = context.outside()
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "agent-lifecycle",
            "webhook-id": message.id,
            "webhook-timestamp": str(int(at.timestamp())),
            "webhook-signature": Signer(self.secret).sign(message.id, at, text),
        }
        try:
            with httpx2.Client(transport=Outgoing(self.url, self.allowed_hosts), timeout=TIMEOUT_S, follow_redirects=False) as client:
                answer = client.post(self.url, content=text.encode(), headers=headers)
        except LifecycleError as error:
            return Outcome(error=str(error))
        except httpx2.HTTPError as error:
            return Outcome(error=f"{self.name} does not answer: {type(error).__name__}")
        if answer.is_success:
            return Outcome()
        after = answer.headers.get("Retry-After", "") if answer.status_code in _ASKED_TO_WAIT else ""
        return Outcome(
            error=f"{self.name} answered {answer.status_code}",
            gone=answer.status_code == HTTPStatus.GONE,
            after_s=float(after) if after.isdecimal() else None,
        )


def payload(message: Message, base: str) -> dict[str, Any]:
    """The body of a message: its kind, when it became true, and all that it says."""
    it = message
    return {
        "type": f"alert.{it.kind.value}",
        "timestamp": _zulu(it.at),
        "data": {
            "id": it.id,
            "variant": it.variant or None,
            "episodeId": it.episode_id,
            "title": it.title,
            "signals": [_line(one) for one in it.lines],
            "since": None if it.since is None else _zulu(it.since),
            "version": it.version,
            "lastChange": it.last_change,
            "link": f"{base}{it.path}",
            "rollback": it.rollback,
        },
    }


def _line(it: Line) -> dict[str, Any]:
    since = None if it.since is None else _zulu(it.since)
    return {"signal": it.signal.value, "words": it.words, "value": it.value, "threshold": it.threshold, "n": it.n, "since": since}


def _zulu(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")
