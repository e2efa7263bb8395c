"""The active prompt: kept for a moment, asked for again by its ETag, and there when the server is not.

1. While the server answers, no prompt is served whose last confirmation began more than `ttl_s` ago.
2. From half of that age on a thread asks in the background, so that frequent calls wait for nobody.
3. Where the server does not answer, the last prompt is served, and asked for again after a pause that grows to `ttl_s`.
4. "There is none" from the server itself forgets the prompt; from anything in between it is a failure like others.
"""

import hashlib
import json
import logging
import os
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

from lifecycle_client.wire import Answer, Server, UnreachableError

GONE = {"unknown-variant", "nothing-active"}
OK, NOT_MODIFIED, NOT_FOUND = 200, 304, 404
UNAUTHORIZED, FORBIDDEN = 401, 403
FIRST_PAUSE_S = 0.25
LONGEST_WAIT_S = 0.25
"""How long a call waits for a server that failed before, where a prompt is known."""

_LOG = logging.getLogger("lifecycle_client")


class NoPromptError(LookupError):
    """No prompt is known, neither here nor by the server, and no fallback was given."""


@dataclass(frozen=True)
class Prompt:
    """What the agent is told.

    source : "fresh" (just asked), "cache" (asked within the TTL), "stale" (the server does not answer), "disk" (it never did in this
    process), "fallback" (the one given in code; its version is None).
    age_s : seconds since it was known to be active; None for a fallback.
    """

    text: str
    variant: str
    version: int | None = None
    model: str | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)
    tools: tuple[Any, ...] = ()
    etag: str | None = None
    source: str = "fresh"
    age_s: float | None = 0.0

    def __str__(self) -> str:
        return self.text


class _Entry:
    def __init__(self) -> None:
        self.prompt: Prompt | None = None
        self.from_disk = False
        self.confirmed = float("-inf")
        self.saved_at = 0.0
        self.pause_s = 0.0
        self.ask_after = float("-inf")
        self.asking = threading.Lock()


class Prompts:
    """The prompts of one server."""

    def __init__(self, server: Server, folder: Path | None, ttl_s: float) -> None:
        self._server, self._folder, self._ttl_s = server, folder, ttl_s
        self._entries: dict[str, _Entry] = {}
        self._warned: set[str] = set()

    def forked(self) -> None:
        """In a child: whoever was asking is not here."""
        for it in self._entries.values():
            it.asking = threading.Lock()

    def cached(self, variant: str) -> Prompt | None:
        """The prompt where it needs nobody to be asked, else None."""
        it = self._entries.get(variant)
        if it is None or it.prompt is None:
            return None
        age = time.monotonic() - it.confirmed
        return replace(it.prompt, source="cache", age_s=age) if age <= self._ttl_s / 2 else None

    def active(self, variant: str, fallback: str | None) -> Prompt:
        """The active prompt, however it can be had; raises NoPromptError."""
        it = self._entries.get(variant) or self._known(variant)
        now = time.monotonic()
        age = now - it.confirmed
        if it.prompt is not None and age <= self._ttl_s:
            if age > self._ttl_s / 2 and now >= it.ask_after:
                self._ask_behind(variant, it)
            return replace(it.prompt, source="cache", age_s=age)
        fresh = self._ask_now(variant, it)
        if it.prompt is not None:
            return self._told(it, it.prompt, fresh=fresh)
        if fallback is not None:
            return Prompt(fallback, variant, source="fallback", age_s=None)
        message = f"no prompt of {variant!r} is known, and the server gives none; give active_prompt a fallback"
        raise NoPromptError(message)

    def _told(self, it: _Entry, prompt: Prompt, *, fresh: bool) -> Prompt:
        age = time.monotonic() - it.confirmed
        if fresh:
            return replace(prompt, source="fresh", age_s=age)
        if it.from_disk:
            return replace(prompt, source="disk", age_s=max(0.0, time.time() - it.saved_at))
        return replace(prompt, source="cache" if age <= self._ttl_s else "stale", age_s=age)

    def _ask_now(self, variant: str, it: _Entry) -> bool:
        """Ask, or wait for whoever asks already; of a server that fails nobody waits long for a prompt that is known."""
        if it.pause_s > 0 and it.prompt is not None:
            if time.monotonic() >= it.ask_after and (asked := self._ask_behind(variant, it)) is not None:
                asked.join(LONGEST_WAIT_S)
            return time.monotonic() - it.confirmed <= self._ttl_s
        it.asking.acquire()
        try:
            now = time.monotonic()
            if now - it.confirmed <= self._ttl_s:
                return False
            if now < it.ask_after:
                return False
            return self._ask(variant, it)
        finally:
            it.asking.release()

    def _ask_behind(self, variant: str, it: _Entry) -> "threading.Thread | None":
        """Ask in a thread of its own, where nobody does."""
        if not it.asking.acquire(blocking=False):
            return None

        def ask() -> None:
            try:
                self._ask(variant, it)
            finally:
                it.asking.release()

        asked = threading.Thread(target=ask, name="lifecycle-prompt", daemon=True)
        try:
            asked.start()
        except RuntimeError:  # the interpreter ends, or has no thread left: a later call asks
            it.asking.release()
            return None
        return asked

    def _ask(self, variant: str, it: _Entry) -> bool:
        """Ask the server: -> whether the prompt is confirmed."""
        began = time.monotonic()
        known = it.prompt.etag if it.prompt is not None else None
        try:
            answer = self._server.ask(
                "GET",
                f"/api/lifecycle/versions/active?variantName={quote(variant, safe='')}",
                headers={"If-None-Match": f'"{known}"'} if known else None,
            )
        except UnreachableError:
            return self._failed(it)
        if answer.status == NOT_MODIFIED and it.prompt is not None:
            self._confirm(it, began)
            return True
        if answer.status == NOT_FOUND and answer.code() in GONE:
            it.prompt, it.from_disk = None, False
            self._confirm(it, began)
            self._forget(variant)
            return False
        found = _prompt(variant, answer)
        if found is None:
            if answer.status in {UNAUTHORIZED, FORBIDDEN}:
                self._warn("key", "the server refuses this client's key; the last prompt is served")
            return self._failed(it)
        changed = found != it.prompt
        it.prompt, it.from_disk = found, False
        self._confirm(it, began)
        if changed:
            self._keep(found)
        return True

    def _confirm(self, it: _Entry, began: float) -> None:
        it.confirmed, it.pause_s, it.ask_after = began, 0.0, float("-inf")

    def _failed(self, it: _Entry) -> bool:
        it.pause_s = min(self._ttl_s, max(FIRST_PAUSE_S, 2 * it.pause_s))
        it.ask_after = time.monotonic() + it.pause_s
        return False

    def _known(self, variant: str) -> _Entry:
        """A new entry, with what the disk has of it."""
        made = _Entry()
        if self._folder is not None:
            try:
                kept = json.loads(self._file(variant).read_bytes())
                made.prompt = Prompt(**{**kept["prompt"], "tools": tuple(kept["prompt"]["tools"])})
                made.saved_at, made.from_disk = float(kept["saved_at"]), True
            except FileNotFoundError:
                pass
            except (OSError, ValueError, TypeError, KeyError):
                made.prompt = None
                self._warn("disk", "a prompt on disk cannot be read, and is asked for anew")
        return self._entries.setdefault(variant, made)

    def _keep(self, prompt: Prompt) -> None:
        """Write the prompt to disk, whole or not at all, for its owner alone."""
        if self._folder is None:
            return
        told = {name: getattr(prompt, name) for name in ("text", "variant", "version", "model", "parameters", "tools", "etag")}
        place = self._file(prompt.variant)
        made = place.with_name(f"{place.name}.{os.getpid()}.{threading.get_ident()}")
        try:
            place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            with os.fdopen(os.open(made, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
                json.dump({"saved_at": time.time(), "prompt": told}, file)
            made.replace(place)
        except (OSError, ValueError):
            with suppress(OSError):
                made.unlink()
            self._warn("keep", "the prompt cannot be kept on disk; it is there for as long as this process is")

    def _forget(self, variant: str) -> None:
        if self._folder is not None:
            with suppress(OSError):
                self._file(variant).unlink()

    def _file(self, variant: str) -> Path:
        name = hashlib.sha256(variant.encode()).hexdigest()[:32]
        return Path(self._folder or ".") / f"prompt-{name}.json"

    def _warn(self, what: str, message: str) -> None:
        if what not in self._warned:
            self._warned.add(what)
            _LOG.warning(message)


def _prompt(variant: str, answer: Answer) -> Prompt | None:
    found = answer.document() if answer.status == OK else None
    if not isinstance(found, dict) or not isinstance(found.get("systemPrompt"), str) or not isinstance(found.get("version"), int):
        return None
    etag = answer.headers.get("etag", "").removeprefix("W/").strip('"') or None
    parameters, tools = found.get("parameters"), found.get("tools")
    return Prompt(
        text=found["systemPrompt"],
        variant=variant,
        version=found["version"],
        model=found.get("model"),
        parameters=parameters if isinstance(parameters, dict) else {},
        tools=tuple(tools) if isinstance(tools, list) else (),
        etag=etag,
    )
