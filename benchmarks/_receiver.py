"""A receiver of webhooks on loopback: it verifies each as Standard Webhooks has it, keeps what came, and may be away."""

import json
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from standardwebhooks.webhooks import Webhook, WebhookVerificationError

SECRET = "whsec_" + "bGlmZWN5Y2xlLWJlbmNobWFyay1zZWNyZXQtMDAwMDE="
REFUSED = 401


@dataclass
class Receiver:
    """What came. status : what it answers, 200 while it is there; headers : beside that.

    bodies : of the requests that it accepted, in their order; tried : how often each id came, accepted or not; forged : signatures that
    did not hold.
    """

    port: int = 0
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    bodies: list[dict[str, Any]] = field(default_factory=list)
    tried: Counter[str] = field(default_factory=Counter)
    forged: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}/hook/s3cret"

    @property
    def ids(self) -> list[str]:
        """The ids of what it accepted, in their order."""
        return [it["data"]["id"] for it in self.bodies]

    def take(self, headers: dict[str, str], body: bytes) -> int:
        """Verify a request and keep it: -> the status of the answer."""
        with self.lock:
            self.tried[headers["webhook-id"]] += 1
            try:
                told = Webhook(SECRET).verify(body, headers)
            except WebhookVerificationError:
                self.forged += 1
                return REFUSED
            if self.status == 200:  # noqa: PLR2004 - it is there
                self.bodies.append(told)
            return self.status


@contextmanager
def receiving() -> Iterator[Receiver]:
    """A receiver that listens while the block runs."""
    it = Receiver()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status = it.take({name.lower(): value for name, value in self.headers.items()}, body)
            self.send_response(status)
            for name, value in it.headers.items():
                self.send_header(name, value)
            answer = json.dumps({}).encode()
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        request_queue_size = 128

        def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 - a sender that is killed hangs up
            pass

    with Server(("127.0.0.1", 0), Handler) as server:
        it.port = server.server_port
        serving = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        serving.start()
        try:
            yield it
        finally:
            server.shutdown()
            serving.join()
