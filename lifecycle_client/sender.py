"""The thread that sends what is spooled, a batch at a time, and sets aside what the server refuses."""

import hashlib
import json
import logging
import os
import random
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from lifecycle_client.spool import Segment, Spool
from lifecycle_client.wire import Answer, Server, UnreachableError

BATCH = 100
BATCH_BYTES = 4 << 20
LINGER_S = 0.2
"""How long records gather before they are sent."""
ADOPT_EVERY_S = 30.0
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.25, 15.0
OK, TOO_LARGE, INVALID, BAD = 200, 413, 422, 400

_LOG = logging.getLogger("lifecycle_client")


@dataclass
class Counts:
    """What became of records so far."""

    logged: int = 0
    sent: int = 0
    rejected: int = 0
    dropped: int = 0
    attempts_failed: int = 0


class Sender:
    """Sends the records of `spool` to `server`; the thread begins with the first record."""

    def __init__(self, server: Server, spool: Spool, folder: Path, counts: Counts) -> None:
        self._server, self._spool, self._folder, self._counts = server, spool, folder, counts
        self._wake, self._closing = threading.Event(), threading.Event()
        self._thread: threading.Thread | None = None
        self._starting = threading.Lock()
        self._deadline = float("inf")
        self._warned = False

    def nudge(self) -> None:
        """There is something to send."""
        if self._thread is None:
            with self._starting:
                if self._thread is None and not self._closing.is_set():
                    self._thread = threading.Thread(target=self._run, name="lifecycle-sender", daemon=True)
                    self._thread.start()
        self._wake.set()

    def close(self, within_s: float) -> None:
        """Send what can be sent within so long."""
        self._deadline = time.monotonic() + within_s
        self._closing.set()
        self._wake.set()
        if self._thread is not None:
            self._thread.join(within_s + 1.0)

    def forked(self) -> None:
        """In a child: the thread is the parent's."""
        self._wake, self._closing, self._starting = threading.Event(), threading.Event(), threading.Lock()
        self._thread = None

    def _run(self) -> None:
        adopted, pause_s = float("-inf"), 0.0
        while True:
            closing = self._closing.is_set()
            if not closing and time.monotonic() - adopted > ADOPT_EVERY_S:
                adopted = time.monotonic()
                self._spool.adopt()
            batch = self._spool.batch(BATCH, BATCH_BYTES)
            if batch is None:
                if closing:
                    break
                self._wake.wait(ADOPT_EVERY_S)
                self._wake.clear()
                self._closing.wait(LINGER_S)
                continue
            if time.monotonic() > self._deadline:
                break
            waits = self._send(*batch)
            if waits is None:
                pause_s = 0.0
                continue
            self._counts.attempts_failed += 1
            pause_s = min(LONGEST_PAUSE_S, max(FIRST_PAUSE_S, 2 * pause_s))
            self._rest(max(waits, pause_s * random.uniform(0.5, 1.0)))  # noqa: S311 - spreads clients, guards nothing

    def _rest(self, seconds: float) -> None:
        left = self._deadline - time.monotonic()
        if self._closing.is_set():
            time.sleep(max(0.0, min(seconds, left, FIRST_PAUSE_S)))
        else:
            self._closing.wait(seconds)

    def _send(self, segment: Segment, lines: list[bytes], end: int) -> float | None:
        """Send a batch: -> None where it is done with, else how long the server asks to wait."""
        waits = self._deliver(lines) if lines else None
        if waits is None:
            self._spool.sent(segment, end)
        return waits

    def _deliver(self, lines: list[bytes]) -> float | None:
        """Send lines, halves of them where they are refused, down to the one that is."""
        body = b"[" + b",".join(it.rstrip(b"\n") for it in lines) + b"]"
        key = hashlib.sha256(body).hexdigest()
        try:
            answer = self._server.ask("POST", "/api/lifecycle/conversations", body, {"Idempotency-Key": key})
        except UnreachableError:
            return 0.0
        if answer.status == OK:
            self._counts.sent += len(lines)
            return None
        if answer.status not in {BAD, TOO_LARGE, INVALID} or not answer.code():
            if not self._warned:
                self._warned = True
                _LOG.warning("the server takes no conversations now (status %d); they are kept and sent later", answer.status)
            return answer.retry_after_s() or 0.0
        if len(lines) == 1:
            self._reject(lines[0], answer)
            return None
        half = len(lines) // 2
        first = self._deliver(lines[:half])
        return first if first is not None else self._deliver(lines[half:])

    def _reject(self, line: bytes, answer: Answer) -> None:
        """Set a record aside, with what the server said of it."""
        found = answer.document()
        reason = found.get("detail") if isinstance(found, dict) else None
        self._counts.rejected += 1
        place = self._folder / "rejected.jsonl"
        try:
            record: object = json.loads(line)
        except ValueError:
            record = line.decode(errors="replace")
        told = json.dumps({"status": answer.status, "reason": reason, "record": record}, ensure_ascii=False) + "\n"
        with os.fdopen(os.open(place, os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o600), "w", encoding="utf-8") as file:
            file.write(told)
        _LOG.warning("the server refuses a conversation (%s); it is set aside in %s", answer.code(), place)
