"""Cursors: where a page of a list begins, signed, so that a client can hand back only what it was given.

1. A cursor is good for the list that it came from, asked in the same way; how many are asked for at a time may change.
2. It names a row and not a count, so rows that come in between neither repeat nor hide one.
"""

from functools import cache
from hashlib import sha256
from secrets import token_bytes
from typing import Annotated, Final, Protocol, Self, TypeVar
from urllib.parse import urlencode

from fastapi import Depends, Query, Request, Response
from itsdangerous import BadData, URLSafeSerializer

from lifecycle_core.errors import InvalidCursorError
from lifecycle_core.operations import secrets
from tasks import context

PURPOSE: Final = "cursors"
NOT_ASKED: Final = {"cursor", "done", "limit", "verify"}
"""Parameters that do not change which list it is."""


class Paged(Protocol):
    """A shape of `deployments.wire` that tells where the next page begins."""

    next_cursor: str | None

    def model_copy(self, *, update: dict[str, str | None]) -> Self:
        """A copy with other values."""


P = TypeVar("P", bound=Paged)


class Page:
    """The page of a list that a request asks for.

    position : what the wire's `next_cursor` named on the page before; None for the first page.
    """

    def __init__(
        self,
        request: Request,
        response: Response,
        cursor: Annotated[str | None, Query(description="`nextCursor` of the page before.", max_length=4000)] = None,
    ) -> None:
        self._request, self._response = request, response
        self.position = None if cursor is None else self._read(cursor)

    @property
    def before(self) -> int | None:
        """The position as a row's number."""
        return None if self.position is None else int(self.position)

    def sign(self, told: P) -> P:
        """`told` with its position signed, and the address of the next page in the header `Link`."""
        if told.next_cursor is None:
            return told
        cursor = _signer(context.settings().database_url).dumps([self._list(), told.next_cursor])
        asked = [(name, value) for name, value in self._request.query_params.multi_items() if name != "cursor"]
        self._response.headers["Link"] = f'<{self._request.url.path}?{urlencode([*asked, ("cursor", cursor)])}>; rel="next"'
        return told.model_copy(update={"next_cursor": str(cursor)})

    def _read(self, cursor: str) -> str:
        try:
            of, position = _signer(context.settings().database_url).loads(cursor)
        except (BadData, ValueError, TypeError):
            of, position = None, ""
        if of != self._list():
            message = "cursor was not given out for this list; begin without one, and hand back nextCursor as it is"
            raise InvalidCursorError(message, field="cursor")
        return str(position)

    def _list(self) -> str:
        """The list that is asked for, in few letters however long its parameters are."""
        asked = sorted((name, value) for name, value in self._request.query_params.multi_items() if value and name not in NOT_ASKED)
        return sha256(f"{self._request.url.path}?{urlencode(asked)}".encode()).hexdigest()[:32]


@cache
def _signer(_place: str) -> URLSafeSerializer:
    """What signs for one database, the same in all processes that serve it."""
    key = secrets.of_purpose(context.database(), context.act("http:cursors"), PURPOSE, token_bytes(32))
    return URLSafeSerializer(key, salt=PURPOSE)


AskedPage = Annotated[Page, Depends(Page)]
