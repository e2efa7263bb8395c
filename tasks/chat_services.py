"""Messages to chat services, by the optional package `apprise`: title, a line for each signal, and where to read on."""

import hashlib
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from lifecycle_core.alerts.delivery import Outcome
from lifecycle_core.alerts.messages import Message
from lifecycle_core.errors import SetupError

MISSING = 'LIFECYCLE_CHAT_SERVICES is set, and the package apprise is not there; pip install "agent-lifecycle[chat]"'


@dataclass(frozen=True)
class ChatService:
    """One target. url : as apprise writes them, such as `slack://…`, which holds a secret.

    A chat service has no ids: a message that was sent twice is read twice, where a webhook's receiver can tell.
    """

    url: str = field(repr=False)

    @cached_property
    def name(self) -> str:
        """What it is called where messages are listed: its kind, and what tells it from others.

        >>> ChatService("slack://T0/B0/s3cret").name
        'slack/12aa67'
        """
        return f"{self.url.partition('://')[0]}/{hashlib.sha256(self.url.encode()).hexdigest()[:6]}"

    def send(self, message: Message, base: str) -> Outcome:
        """Send it, and tell what came of it. base : the address under which the message's path is read."""
        told = self._service.notify(body=text(message, base), title=message.title)
        return Outcome() if told else Outcome(error=f"{self.name} did not take it")

    @cached_property
    def _service(self) -> Any:  # noqa: ANN401 - an optional package's object
        try:
            import apprise
        except ImportError as error:
            raise SetupError(MISSING) from error
        made = apprise.Apprise()
        if not made.add(self.url):
            message = f"LIFECYCLE_CHAT_SERVICES names {self.name}, which apprise does not know; write it as its documentation does"
            raise SetupError(message)
        return made


def text(message: Message, base: str) -> str:
    """The message as lines of plain text, its title aside."""
    lines = [f"- {it.words}" + (f", since {it.since:%Y-%m-%d %H:%MZ}" if it.since else "") for it in message.lines]
    facts = [
        f"Version {message.version}; {message.last_change}" if message.version is not None else "",
        f"Read on: {base}{message.path}",
        f"Roll back: {message.rollback}" if message.rollback else "",
    ]
    return "\n".join([*lines, *filter(None, facts)])
