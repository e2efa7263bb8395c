"""`Client`: the active prompt and the log of conversations of one server."""

import atexit
import hashlib
import logging
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from uuid import uuid4

from lifecycle_client.prompts import Prompt, Prompts
from lifecycle_client.sender import Counts, Sender
from lifecycle_client.spool import Spool, SpoolFullError, line_of
from lifecycle_client.wire import Server

DEFAULT_URL = "http://127.0.0.1:3001"
MOST_TTL_S = 5.0
TIMEOUT_S = 2.0
MAX_SPOOL_BYTES = 256 << 20
CLOSES_WITHIN_S = 2.0

_LOG = logging.getLogger("lifecycle_client")


@dataclass(frozen=True)
class Stats:
    """What became of conversations since the client was made.

    logged : kept on disk; sent, rejected : taken and refused by the server; dropped : not kept, for there was no room.
    waiting_bytes : on disk and not sent. attempts_failed : times that the server did not take a batch.
    """

    logged: int
    sent: int
    rejected: int
    dropped: int
    attempts_failed: int
    waiting_bytes: int


class Client:
    """An agent's line to agent-lifecycle; safe to share among threads, and good after a fork.

    base_url : of the API. api_key : with the role ingest; None on an open server.
    cache_dir : where the last prompt and conversations that are not sent are kept, by default under the user's cache folder.
    ttl_s : how old a prompt may be while the server answers, up to 5 seconds. timeout_s : what one request may take.
    max_spool_bytes : how much may wait on disk. fsync : let a conversation survive a power cut, at some milliseconds each.

    Raises ValueError for what cannot be meant.

    >>> with Client("http://127.0.0.1:9", cache_dir="/tmp/agent-lifecycle-doctest") as client:  # nobody listens there
    ...     prompt = client.active_prompt("baseline", fallback="Be kind.")
    >>> prompt.text, prompt.source
    ('Be kind.', 'fallback')
    """

    def __init__(
        self,
        base_url: str = DEFAULT_URL,
        api_key: str | None = None,
        *,
        cache_dir: str | os.PathLike[str] | None = None,
        ttl_s: float = MOST_TTL_S,
        timeout_s: float = TIMEOUT_S,
        max_spool_bytes: int = MAX_SPOOL_BYTES,
        fsync: bool = False,
    ) -> None:
        if not 0 < ttl_s <= MOST_TTL_S:
            message = f"ttl_s is {ttl_s}; give up to {MOST_TTL_S:.0f} seconds, for a switch must reach every agent within that"
            raise ValueError(message)
        folder = Path(cache_dir) if cache_dir is not None else _folder(base_url)
        self._server = Server(base_url, api_key, timeout_s)
        self._counts = Counts()
        self._served: dict[str, int] = {}
        self._prompts = Prompts(self._server, folder, ttl_s)
        self._spool = Spool(folder / "spool", max_spool_bytes, fsync=fsync)
        self._sender = Sender(self._server, self._spool, folder, self._counts)
        self._closed = self._warned = False
        if (folder / "spool").is_dir():
            self._sender.nudge()  # what another process has left
        _OPEN.add(self)

    def active_prompt(self, variant: str, fallback: str | None = None) -> Prompt:
        """The active prompt of a variant, however it can be had; never waits for a server that is known to be away.

        Raises NoPromptError where none is known and no fallback is given.
        """
        found = self.recent(variant)
        if found is not None:
            return found
        prompt = self._prompts.active(variant, fallback)
        if prompt.version is not None:
            self._served[variant] = prompt.version
        return prompt

    def recent(self, variant: str) -> Prompt | None:
        """The active prompt where it was asked for just now, so that nobody has to be asked; else None."""
        return self._prompts.cached(variant)

    def log_conversation(self, conversation: Mapping[str, Any]) -> bool:
        """Keep a conversation to be sent: -> whether it is kept; what is, survives this process.

        conversation : the fields of a conversation by their names, such as variant, version, booked, escalated, cost_usd,
        response_times_s, actions, messages. `id`, `ended_at` (now) and `version` (that of the prompt served last) are filled in.

        Raises ValueError without a variant, TypeError or ValueError for values that JSON has no words for.
        """
        variant = conversation.get("variant")
        if not isinstance(variant, str) or not variant:
            message = "a conversation needs its variant, a text"
            raise ValueError(message)
        record = {"id": uuid4().hex, "ended_at": datetime.now(UTC).isoformat(), **conversation}
        if record.get("version") is None and variant in self._served:
            record["version"] = self._served[variant]
        line = line_of(record)
        try:
            self._spool.append(line)
        except (SpoolFullError, OSError) as error:
            self._counts.dropped += 1
            if not self._warned:
                self._warned = True
                _LOG.warning("a conversation cannot be kept (%s); it is counted in stats().dropped", type(error).__name__)
            return False
        self._counts.logged += 1
        self._sender.nudge()
        return True

    def stats(self) -> Stats:
        """What became of conversations so far."""
        it = self._counts
        return Stats(it.logged, it.sent, it.rejected, it.dropped, it.attempts_failed, self._spool.waiting_bytes)

    def close(self, within_s: float = CLOSES_WITHIN_S) -> None:
        """Send what can be sent within so long; the rest stays on disk, and the next process sends it."""
        if not self._closed:
            self._closed = True
            _OPEN.discard(self)
            self._sender.close(within_s)
            self._spool.close()
            self._server.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def _forked(self) -> None:
        self._server.forked()
        self._spool.forked()
        self._sender.forked()
        self._prompts.forked()


_OPEN: "set[Client]" = set()
"""Held until they are closed: what one has not sent is sent at the end of the process."""


@atexit.register
def _close_all() -> None:
    for it in list(_OPEN):
        it.close()


def _renew_all() -> None:
    for it in list(_OPEN):
        it._forked()  # noqa: SLF001 - its own module


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_renew_all)


def _folder(base_url: str) -> Path:
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(home) / "agent-lifecycle" / hashlib.sha256(base_url.encode()).hexdigest()[:16]
