"""HTTP/1.1 over connections that are kept open; every failure to get an answer is one exception."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any
from urllib.parse import urlsplit

MAX_ANSWER_BYTES = 64 << 20


class UnreachableError(Exception):
    """No answer: refused, timed out, cut off, or not HTTP."""


@dataclass(frozen=True)
class Answer:
    """What the server answered."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def document(self) -> Any:  # noqa: ANN401 - any JSON value
        """Its JSON; None where it is none."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            return None

    def code(self) -> str:
        """The code of a problem document; empty where it is none, as of a proxy in between."""
        found = self.document()
        return str(found.get("code", "")) if isinstance(found, dict) else ""

    def retry_after_s(self) -> float | None:
        """How long the server asks to wait."""
        text = self.headers.get("retry-after", "")
        return float(text) if text.isdecimal() else None


class Server:
    """The API at an address, asked over connections that are kept open. Raises ValueError for an address that cannot be asked."""

    def __init__(self, base_url: str, api_key: str | None, timeout_s: float) -> None:
        parts = urlsplit(base_url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            message = "base_url is no address that can be asked; give one such as http://127.0.0.1:3001"
            raise ValueError(message)
        self._kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
        self._host, self._port, self._path = parts.hostname, parts.port, parts.path.rstrip("/")
        self._headers = {"Accept": "application/json"} | ({"Authorization": f"Bearer {api_key}"} if api_key else {})
        self._timeout_s = timeout_s
        self._idle: list[HTTPConnection] = []
        self._closed = False

    def ask(self, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None) -> Answer:
        """One request; raises UnreachableError. Where the server closed an idle connection meanwhile, another one is opened."""
        given = {**self._headers, **({"Content-Type": "application/json"} if body is not None else {}), **(headers or {})}
        while True:
            try:
                connection, reused = self._idle.pop(), True
            except IndexError:
                connection, reused = self._kind(self._host, self._port, timeout=self._timeout_s), False
            try:
                connection.request(method, f"{self._path}{path}", body=body, headers=given)
                response = connection.getresponse()
                content = response.read(MAX_ANSWER_BYTES)
            except (OSError, HTTPException) as error:
                connection.close()
                if reused and not isinstance(error, TimeoutError):
                    continue
                raise UnreachableError(type(error).__name__) from error
            if self._closed or response.will_close or not response.isclosed():
                connection.close()
            else:
                self._idle.append(connection)
            return Answer(response.status, {name.lower(): value for name, value in response.getheaders()}, content)

    def close(self) -> None:
        """Keep no connection open from here on."""
        self._closed = True
        self.forked()

    def forked(self) -> None:
        """In a child: the connections are its parent's."""
        while self._idle:
            self._idle.pop().close()
