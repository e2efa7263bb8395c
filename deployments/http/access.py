"""Who may ask for what: each route says which roles may ask it, and the gate holds everybody to that before a body is read.

1. Nobody needs a key where the API is bound to loopback and no key was ever made; from the first key on everybody does.
2. A key is `Authorization: Bearer al_…` and nothing else; in an address it would be written down. A person's pages have it in a cookie.
3. A verdict about a key is kept for `KEPT_S`: a key that is revoked, and a first one that is made, count within a second.
4. One caller's failures lock nobody else out, and rollbacks and active prompts are counted apart from all the rest.
"""

import hashlib
import time
from asyncio import Lock
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final, TypeVar

from anyio import CapacityLimiter, to_thread
from fastapi import APIRouter, Request
from fastapi.routing import APIRoute
from limits import RateLimitItem, parse
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter

from deployments.http.cookies import key_of
from lifecycle_core.access import Key, Role, Secret, reach
from lifecycle_core.errors import ForbiddenError, LifecycleError, RateLimitedError, UnauthenticatedError
from lifecycle_core.operations import keys
from tasks import context

ROLES: Final = "x-required-roles"
SCHEME: Final = "key"
KEPT_S: Final = 0.5
URGENT: Final = {
    ("POST", "/api/lifecycle/versions/rollback"),
    ("POST", "/variant/rollback"),
    ("GET", "/api/lifecycle/versions/active"),
}
"""What must be had when all else is too much."""
URGENT_TIMES: Final = 10
FAILURES: Final = "30/minute"
ANONYMOUS: Final = "http:anonymous"

_REMEMBERED: Final = 1024
_LOOKING_UP: Final = 4
"""How many keys are looked up at a time, beside the threads of the routes."""

V = TypeVar("V")


def needs(*roles: Role) -> dict[str, Any]:
    """What a route adds to its OpenAPI: any of `roles` may ask it."""
    return {ROLES: [str(it) for it in roles], "security": [{SCHEME: []}]}


def expect(roles: frozenset[Role], role: Role, what: str) -> None:
    """Raise ForbiddenError where the caller has not the role that one use of a route needs."""
    if role not in roles:
        message = f"{what} needs the role {role}; this key has {_listed(roles)}"
        raise ForbiddenError(message)


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks: a name for the audit log, and every role that there is."""

    by: str = ANONYMOUS
    roles: frozenset[Role] = frozenset(Role)


@dataclass(slots=True)
class _Kept:
    """The newest verdicts, each for a moment."""

    found: OrderedDict[str, tuple[float, Any]] = field(default_factory=OrderedDict)

    def get(self, name: str) -> Any:  # noqa: ANN401 - whatever was kept
        """What was kept under `name` up to `KEPT_S` ago, else None."""
        until, it = self.found.get(name, (0.0, None))
        return it if time.monotonic() < until else None

    def put(self, name: str, it: V) -> V:
        """Keep it, and forget the oldest."""
        self.found[name] = (time.monotonic() + KEPT_S, it)
        self.found.move_to_end(name)
        while len(self.found) > _REMEMBERED:
            self.found.popitem(last=False)
        return it


class Doorkeeper:
    """Tells who asks, and whether he may; one for each application.

    Raises UnauthenticatedError, ForbiddenError and RateLimitedError from `admit`.
    """

    def __init__(self) -> None:
        self._kept = _Kept()
        self._threads: CapacityLimiter | None = None
        self._alone = Lock()
        self._limiter = FixedWindowRateLimiter(MemoryStorage())
        self._failures = parse(FAILURES)

    async def admit(self, request: Request, wanted: frozenset[Role] | None) -> Caller:
        """Who asks; wanted : the roles of which one is needed, None for what everybody may ask."""
        if wanted is None:
            return Caller()
        given = request.headers.get("Authorization") or key_of(request)
        if given is None:
            if not await self._open():
                message = "this needs a key; send Authorization: Bearer al_…, which an admin makes by lifecycle keys create"
                raise UnauthenticatedError(message, field="Authorization")
            return Caller()
        key = await self._key(request, given)
        roles = reach(key.roles)
        if not roles & wanted:
            message = f"this needs the role {_listed(wanted, ' or ')}; key {key.name!r} has {_listed(frozenset(key.roles))}"
            raise ForbiddenError(message)
        self._count(request, key)
        return Caller(f"key:{key.name}", roles)

    async def _open(self) -> bool:
        """Whether nobody needs a key."""
        if not context.settings().loopback:
            return False
        place = context.settings().database_url
        found = self._kept.get(place)
        if found is None:
            async with self._alone:  # of a crowd whose verdict has just grown old one asks anew
                found = self._kept.get(place)
                if found is None:
                    found = self._kept.put(place, not await self._asked(partial(keys.any_made, context.database())))
        return bool(found)

    async def _key(self, request: Request, given: str) -> Key:
        kind, _, text = given.partition(" ")
        if kind.lower() != "bearer":
            message = "a key is sent as Authorization: Bearer al_…, and in no other way"
            raise UnauthenticatedError(message, field="Authorization")
        secret = Secret.parse(text.strip())
        name = hashlib.sha256(f"{context.settings().database_url} {secret.text}".encode()).hexdigest()
        at = context.now()
        key: Key | None = self._kept.get(name)
        if key is None:
            of = ("failures", request.client.host if request.client else "", secret.id)
            if not self._limiter.test(self._failures, *of):
                raise self._too_many(self._failures, of, "failures of this key")
            try:
                key = await self._asked(partial(keys.authenticate, context.database(), secret.text, at))
            except UnauthenticatedError:
                self._limiter.hit(self._failures, *of)
                raise
            self._kept.put(name, key)
            await self._asked(partial(keys.note_use, context.database(), context.act(f"key:{key.name}"), key))
        keys.expect_usable(key, at)
        return key

    async def _asked(self, question: Callable[[], V]) -> V:
        """Ask the database beside the threads of the routes, all of which may be waiting for it."""
        self._threads = self._threads or CapacityLimiter(_LOOKING_UP)
        return await to_thread.run_sync(question, limiter=self._threads)

    def _count(self, request: Request, key: Key) -> None:
        limit = context.settings().rate_limit
        if limit is None:
            return
        urgent = (request.method, request.url.path) in URGENT
        allowed = parse(limit)
        if urgent:
            allowed = type(allowed)(allowed.amount * URGENT_TIMES, allowed.multiples)
        of = ("urgent" if urgent else "all", key.id)
        if not self._limiter.hit(allowed, *of):
            raise self._too_many(allowed, of, f"requests of key {key.name!r}")

    def _too_many(self, limit: RateLimitItem, of: tuple[str, ...], what: str) -> LifecycleError:
        wait = max(1, round(self._limiter.get_window_stats(limit, *of).reset_time - time.time()))
        message = (
            f"more than {limit.amount} {what} in {limit.multiples} {limit.GRANULARITY.name}; wait {wait} s, or raise LIFECYCLE_RATE_LIMIT"
        )
        return RateLimitedError(message, retry_after_s=wait)


def roles_of(routers: Iterable[APIRouter]) -> Mapping[tuple[str, str], frozenset[Role]]:
    """(method, path) -> the roles of which one is needed, as the routes declare them; what is not there everybody may ask."""
    return {
        (method, route.path): frozenset(Role(it) for it in route.openapi_extra[ROLES])
        for router in routers
        for route in router.routes
        if isinstance(route, APIRoute) and route.openapi_extra and ROLES in route.openapi_extra
        for method in route.methods or ()
    }


def paths_of(routers: Iterable[APIRouter]) -> set[str]:
    """The paths of all routes."""
    return {route.path for router in routers for route in router.routes if isinstance(route, APIRoute)}


def _listed(roles: frozenset[Role], between: str = ", ") -> str:
    return between.join(it for it in Role if it in roles)
