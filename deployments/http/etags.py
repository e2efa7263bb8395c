"""ETags: what a client has already need not be sent again."""

from typing import Annotated, Protocol, TypeVar

from fastapi import Depends, Header, Response
from starlette.exceptions import HTTPException

NOT_MODIFIED = 304


class Stamped(Protocol):
    """A shape of `deployments.wire` with an etag."""

    etag: str


S = TypeVar("S", bound=Stamped)


def stamped(told: S, response: Response) -> S:
    """`told`, whose etag stands in the header as well."""
    response.headers["ETag"] = f'"{told.etag}"'
    return told


class KnownTags:
    """The etags that a client has, from its header `If-None-Match`."""

    def __init__(self, header: str) -> None:
        self._known = {it.strip().removeprefix("W/").strip('"') for it in header.split(",")} - {""}

    def expect_other(self, etag: str) -> None:
        """Answer 304, without a body, where the client has this one."""
        if etag in self._known or "*" in self._known:
            raise HTTPException(NOT_MODIFIED, headers={"ETag": f'"{etag}"'})


async def known(
    if_none_match: Annotated[
        str | None,
        Header(alias="If-None-Match", max_length=1000, description="The `ETag` that is known already: 304 where it still holds."),
    ] = None,
) -> KnownTags:
    """The etags that the client says it has."""
    return KnownTags(if_none_match or "")


Known = Annotated[KnownTags, Depends(known)]
