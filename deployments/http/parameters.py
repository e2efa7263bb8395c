"""A question with a parameter that its route does not know is refused: a mistyped `limt` must not pass for no limit."""

from collections.abc import Iterator

from fastapi import Request
from fastapi.dependencies.models import Dependant

from lifecycle_core.errors import InvalidInputError


async def only_known(request: Request) -> None:
    """Refuse a parameter that the route of `request` does not take."""
    known = list(_names(request.scope["route"].dependant))
    for name in request.query_params:
        if name not in known:
            takes = f"it takes {', '.join(known)}" if known else "it takes none"
            message = f"{name[:100]!r} is no parameter of {request.url.path}; {takes}"
            raise InvalidInputError(message, field=name[:100])


def _names(dependant: Dependant) -> Iterator[str]:
    yield from (it.alias for it in dependant.query_params)
    for it in dependant.dependencies:
        yield from _names(it)
