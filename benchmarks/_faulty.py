"""An endpoint between this process and the scripted one, which fails as it is told to, and counts what got through."""

import json
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from lifecycle_core.settings import LOOPBACK

FAULTS: Final = ("down", "429", "500", "hang", "truncated", "refusal", "nonsense", "no schema")
HANGS_S: Final = 2.5
KINDS: Final[Mapping[str, bytes]] = {"reading": b"observations", "writing": b"edits"}
"""What a request is for -> what stands in it; any other serves a customer."""
SERVING: Final = "serving"
_WITHIN_S: Final = 60.0


@dataclass(slots=True)
class Faulty:
    """What fails, if anything, and what was seen.

    fails : a fault and the kind of request that it befalls; None for none. failed : requests that met it.
    answered : request -> how often the endpoint behind has answered it, and so was paid for it.
    """

    behind: str
    fails: tuple[str, str] | None = None
    failed: int = 0
    answered: Counter[bytes] = field(default_factory=Counter)
    base_url: str = ""

    def fault_of(self, body: bytes) -> str | None:
        """What befalls a request."""
        if self.fails is None:
            return None
        fault, kind = self.fails
        meant = next((name for name, words in KINDS.items() if words in body), SERVING)
        if meant != kind or (fault == "no schema" and b'"json_schema"' not in body):
            return None
        self.failed += 1
        return fault

    @property
    def paid_twice(self) -> int:
        """Requests that were answered more than once."""
        return sum(count - 1 for count in self.answered.values())


@contextmanager
def faulty(behind: str) -> Iterator[Faulty]:
    """Start one in front of the endpoint at `behind`; it ends with the block."""
    it = Faulty(behind)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            fault = it.fault_of(body)
            if fault == "down":
                self.close_connection = True
                self.connection.close()
                return
            if fault == "hang":
                time.sleep(HANGS_S)
                self.close_connection = True
                return
            status, answer = _answer(fault) if fault else _forwarded(it, self.path, body)
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(answer)))
            if fault == "429":
                self.send_header("Retry-After", "1")
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
            """Say nothing."""

    server = ThreadingHTTPServer((LOOPBACK, 0), Handler)
    server.daemon_threads = True
    it.base_url = f"http://{LOOPBACK}:{server.server_port}/v1"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield it
    finally:
        server.shutdown()
        server.server_close()


def _forwarded(it: Faulty, path: str, body: bytes) -> tuple[int, bytes]:
    asked = Request(it.behind.removesuffix("/v1") + path, body, {"Content-Type": "application/json"}, method="POST")  # noqa: S310 - loopback
    try:
        with urlopen(asked, timeout=_WITHIN_S) as answer:  # noqa: S310 - loopback
            it.answered[body] += 1
            return answer.status, answer.read()
    except HTTPError as error:
        return error.code, error.read()


def _answer(fault: str) -> tuple[int, bytes]:
    if fault in {"429", "500", "no schema"}:
        status = {"429": 429, "500": 500, "no schema": 400}[fault]
        what = "response_format json_schema is not supported" if status == 400 else "try later"  # noqa: PLR2004 - HTTP's
        return status, json.dumps({"error": {"message": what, "type": "error", "param": None, "code": None}}).encode()
    message: dict[str, Any] = {"role": "assistant", "content": None, "refusal": None}
    finish = "stop"
    if fault == "truncated":
        message["content"], finish = '{"edits": [{"section": "Boo', "length"
    elif fault == "refusal":
        message["refusal"] = "I cannot help with that."
    else:
        message["content"] = "The weather is fine today."
    said = {
        "id": "c",
        "object": "chat.completion",
        "created": 0,
        "model": "m",
        "choices": [{"index": 0, "finish_reason": finish, "message": message}],
        "usage": {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15},
    }
    return 200, json.dumps(said).encode()
