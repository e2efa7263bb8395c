"""Records on disk until the server has them: written before the caller goes on, in segments that one process owns at a time.

1. A segment is a file of JSON lines, locked by the process that writes or sends it; who finds one without an owner takes it over.
2. A segment is deleted when all of it is sent. One that is sent twice, by a process that was killed in between, does no harm.
3. A line that was cut off by a crash is no record, and is passed over.
"""

import json
import os
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

try:
    import fcntl
except ImportError:  # no such locks: segments of processes that died are left to a person
    fcntl = None  # type: ignore[assignment]

SEGMENT_BYTES = 1 << 20
PATTERN = "segment-*.jsonl"


class SpoolFullError(Exception):
    """There is no more room for records that are not sent."""


class Segment:
    """One file of records, and how far it is sent."""

    def __init__(self, path: Path, *, create: bool) -> None:
        self.path = path
        flags = os.O_RDWR | os.O_APPEND | (os.O_CREAT | os.O_EXCL if create else 0)
        self._descriptor = os.open(path, flags, 0o600)
        self.sent = 0
        self.size = os.fstat(self._descriptor).st_size
        if fcntl is not None:
            try:
                fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                os.close(self._descriptor)
                raise

    def append(self, line: bytes, *, fsync: bool) -> None:
        """Write one line."""
        os.write(self._descriptor, line)
        self.size += len(line)
        if fsync:
            os.fsync(self._descriptor)

    def unsent(self, most: int, most_bytes: int) -> tuple[list[bytes], int]:
        """The next lines, and where they end."""
        content = os.pread(self._descriptor, most_bytes, self.sent)
        end = content.rfind(b"\n") + 1
        if end == 0 and len(content) == most_bytes:  # one line longer than that
            content = os.pread(self._descriptor, self.size - self.sent, self.sent)
            end = content.find(b"\n") + 1
        lines = content[:end].splitlines(keepends=True)[:most]
        return [it for it in lines if it.strip()], self.sent + sum(map(len, lines))

    def close(self) -> None:
        """Let go of it."""
        os.close(self._descriptor)


class Spool:
    """The records of one folder that this process has to send, its own and those that it took over.

    Raises SpoolFullError and OSError from `append`.
    """

    def __init__(self, folder: Path, max_bytes: int, *, fsync: bool) -> None:
        self._folder, self._max_bytes, self._fsync = folder, max_bytes, fsync
        self._lock = threading.Lock()
        self._writing: Segment | None = None
        self._sending: list[Segment] = []

    def append(self, record: bytes) -> None:
        """Keep one record; from here on the death of this process does not lose it."""
        line = record + b"\n"
        with self._lock:
            if self.waiting_bytes + len(line) > self._max_bytes:
                message = f"{self.waiting_bytes:,} bytes wait to be sent, and {self._max_bytes:,} is the most that may"
                raise SpoolFullError(message)
            if self._writing is None or self._writing.size >= SEGMENT_BYTES:
                self._begin()
            if self._writing is not None:
                self._writing.append(line, fsync=self._fsync)

    @property
    def waiting_bytes(self) -> int:
        """What waits to be sent."""
        return sum(it.size - it.sent for it in self._sending)

    def batch(self, most: int, most_bytes: int) -> tuple[Segment, list[bytes], int] | None:
        """The next lines to send, their segment, and where they end in it; None where all is sent."""
        with self._lock:
            for it in self._sending:
                lines, end = it.unsent(most, most_bytes)
                if end > it.sent:
                    return it, lines, end
            return None

    def sent(self, segment: Segment, end: int) -> None:
        """Note that a segment is sent so far, and delete what is sent to its end."""
        with self._lock:
            segment.sent = end
            for it in [it for it in self._sending if it.sent >= it.size and it is not self._writing]:
                self._end(it)
            if self._writing is not None and self._writing.sent >= self._writing.size >= SEGMENT_BYTES:
                self._end(self._writing)
                self._writing = None

    def adopt(self) -> int:
        """Take over what processes that died have left: -> how many segments."""
        if fcntl is None:
            return 0
        taken = 0
        with self._lock:
            mine = {it.path for it in self._sending}
            for path in self._others(mine):
                with suppress(OSError):
                    self._sending.append(Segment(path, create=False))
                    taken += 1
        return taken

    def close(self) -> None:
        """Let go of all; what is sent is deleted, the rest is the next process's."""
        with self._lock:
            for it in list(self._sending):
                if it.sent >= it.size:
                    self._end(it)
                else:
                    it.close()
            self._sending, self._writing = [], None

    def forked(self) -> None:
        """In a child: the segments are the parent's."""
        self._lock = threading.Lock()
        for it in self._sending:
            with suppress(OSError):
                it.close()
        self._sending, self._writing = [], None

    def _others(self, mine: set[Path]) -> Iterator[Path]:
        with suppress(OSError):
            yield from (it for it in sorted(self._folder.glob(PATTERN)) if it not in mine)

    def _begin(self) -> None:
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._writing = Segment(self._folder / f"segment-{os.getpid()}-{uuid4().hex}.jsonl", create=True)
        self._sending.append(self._writing)

    def _end(self, segment: Segment) -> None:
        with suppress(OSError):
            segment.path.unlink()
        segment.close()
        self._sending.remove(segment)


def line_of(record: object) -> bytes:
    """A record as a line of JSON; raises TypeError or ValueError for what JSON has no words for."""
    return json.dumps(record, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
