"""Servers for tests of the client: the real API over a socket, and one that does whatever a test wants."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from deployments.demo.browsing import served


@contextmanager
def real_api(port: int = 0) -> Iterator[str]:
    """The API on a socket; its address."""
    from tests.api import application

    with served(application(), port=port, log_level="critical") as url:
        yield url


@dataclass
class Scripted:
    """What a scripted server answers: a status and a JSON document by method; and what it was sent."""

    get: tuple[int, object] = (200, {"systemPrompt": "Be kind.", "version": 1})
    post: tuple[int, object] = (200, {})
    headers: dict[str, str] = field(default_factory=dict)
    hangs_s: float = 0.0
    gets: int = 0
    posted: list[list[dict]] = field(default_factory=list)
    url: str = ""
    too_many: int = 10**9
    refuses: str = ""


@contextmanager
def scripted() -> Iterator[Scripted]:  # noqa: C901 - one server, whole
    """A server that answers as its script says."""
    script = Scripted()
    stop = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            script.gets += 1
            self._answer(*script.get)

        def do_POST(self) -> None:
            batch = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            if len(batch) > script.too_many:
                self._answer(413, {"code": "too-large", "detail": "less"})
            elif script.refuses and any(it["id"] == script.refuses for it in batch):
                self._answer(422, {"code": "invalid-input", "detail": f"{script.refuses} is wrong"})
            else:
                if script.post[0] == 200:
                    script.posted.append(batch)
                self._answer(*script.post)

        def _answer(self, status: int, document: object) -> None:
            if script.hangs_s:
                stop.wait(script.hangs_s)
            body = document if isinstance(document, bytes) else json.dumps(document).encode()
            try:
                self.send_response(status)
                for name, value in {"Content-Length": str(len(body)), **script.headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)
            except OSError:
                pass  # the client went away

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    script.url = f"http://127.0.0.1:{server.server_port}"
    serving = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    serving.start()
    try:
        yield script
    finally:
        stop.set()
        server.shutdown()
        server.server_close()
        serving.join()
