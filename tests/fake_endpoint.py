"""A real HTTP server that speaks the chat protocol as it is told to, answer by answer."""

import json
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread


def said(content, **more):
    """A completion whose assistant says `content`."""
    finish, refusal, calls = more.pop("finish", "stop"), more.pop("refusal", None), more.pop("tool_calls", None)
    message = {"role": "assistant", "content": content, "refusal": refusal, "tool_calls": calls}
    return {
        "id": "c",
        "object": "chat.completion",
        "created": 0,
        "model": "m",
        "choices": [{"index": 0, "finish_reason": finish, "message": message}],
        "usage": {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15, **more.pop("usage", {})},
        **more,
    }


def failed(status, message="no", *, headers=None, **error):
    """An answer of `status` with an error object."""
    return status, {"error": {"message": message, "type": "error", "param": None, "code": None, **error}}, headers or {}


class FakeEndpoint:
    """Answers from `script`: a list, the last of which is repeated, or a function of the request's body."""

    def __init__(self):
        self.script: list | Callable = []
        self.asked: list[dict] = []
        self.keys: list[str | None] = []
        self.stall_s = 0.0
        endpoint = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                endpoint.asked.append(body)
                endpoint.keys.append(self.headers["Authorization"])
                time.sleep(endpoint.stall_s)
                script = endpoint.script
                answer = script(body) if callable(script) else script[min(len(endpoint.asked), len(script)) - 1]
                status, payload, headers = answer if isinstance(answer, tuple) else (200, answer, {})
                raw = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
                kind = headers.pop("Content-Type", "application/json")
                self.wfile.write(
                    f"HTTP/1.1 {status} X\r\nContent-Type: {kind}\r\nContent-Length: {headers.pop('Content-Length', len(raw))}\r\n".encode()
                    + "".join(f"{name}: {value}\r\n" for name, value in headers.items()).encode()
                    + b"\r\n"
                    + raw
                )
                if endpoint.hangs_up:
                    self.close_connection = True

            def log_message(self, *_):
                pass

        self.hangs_up = False
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.thread = Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        self.thread.start()
        self.url = f"http://127.0.0.1:{self.server.server_port}/v1"

    def close(self):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()
