"""`/v1/chat/completions` of the scripted model: the same request with the same seed has the same reply.

Faults are drawn for each request anew, so that one that is sent again may pass:
the first attempt's fate follows from the request, the second's from its being the second.
"""

import asyncio
import json
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import Final

from pydantic import ValidationError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from deployments.simulated_endpoint.protocol import Asked, completion, refusal
from deployments.simulated_endpoint.script import Script
from lifecycle_core.chat import ChatReply, ChatRequest
from lifecycle_core.replay.chance import chance
from lifecycle_core.simulation.scripted_model import MODEL, reply

MOST_BYTES: Final = 4 * 2**20
_REMEMBERED: Final = 100_000


def _json(body: object, status: int = 200, **headers: str) -> Response:
    return Response(json.dumps(body, ensure_ascii=False), status, headers, "application/json")


class _RefusedError(Exception):
    def __init__(self, response: Response) -> None:
        super().__init__()
        self.response = response


@dataclass
class Endpoint:
    """One simulated endpoint: its script, and how often each request was made."""

    script: Script = field(default_factory=Script)
    attempts: Counter[str] = field(default_factory=Counter)

    def app(self) -> Starlette:
        """The endpoint as a web application."""
        return Starlette(
            routes=[
                Route("/v1/chat/completions", self._complete, methods=["POST"]),
                Route("/v1/models", self._models, methods=["GET"]),
                Route("/script", self._script, methods=["GET", "PUT"]),
            ]
        )

    async def _models(self, _request: Request) -> Response:
        return _json({"object": "list", "data": [{"id": MODEL, "object": "model", "created": 0, "owned_by": MODEL}]})

    async def _script(self, request: Request) -> Response:
        if request.method == "PUT":
            try:
                self.script = Script.model_validate_json(await _body(request))
            except _RefusedError as refused:
                return refused.response
            except ValidationError as error:
                return _json(refusal(_first(error), "invalid_script"), 422)
            self.attempts.clear()
        return _json(self.script.model_dump())

    async def _complete(self, request: Request) -> Response:
        try:
            asked = Asked.model_validate_json(await _body(request))
            self._accept(asked)
            return await self._answer(asked, asked.request)
        except _RefusedError as refused:
            return refused.response
        except ValidationError as error:
            return _json(refusal(_first(error), "invalid_request_error"), 400)

    def _accept(self, asked: Asked) -> None:
        """Refuse what this endpoint does not know."""
        shape = asked.response_format.type
        known = {"json_schema": ("json_schema", "json_object"), "json_object": ("json_object",), "none": ()}[self.script.structured]
        if shape not in ("text", *known):
            raise _RefusedError(_json(refusal(f"response_format {shape} is not supported", "unsupported_response_format"), 400))
        if asked.stream:
            raise _RefusedError(_json(refusal("this endpoint does not stream; leave `stream` out", "unsupported_stream"), 400))

    async def _answer(self, asked: Asked, request: ChatRequest) -> Response:
        script, name = self.script, request.content_hash
        if len(self.attempts) > _REMEMBERED:
            self.attempts.clear()
        self.attempts[name] += 1
        attempt = self.attempts[name]

        def happens(fault: str, share: float) -> bool:
            return share > 0 and chance(script.seed, name, attempt, fault) < share

        said = reply(request, forgets=script.forgets, harmful=script.writes == "harmfully")
        wait = script.delay_s + script.pace * said.seconds + (script.stall_s if happens("stalls", script.stalls) else 0)
        if wait > 0:
            await asyncio.sleep(wait)
        if happens("busy", script.busy):
            headers = {"retry-after": f"{script.retry_after_s:g}"}
            return _json(refusal("too many requests", "rate_limit_exceeded"), 429, **headers)
        if happens("fails", script.fails):
            return _json(refusal("the server had an error", "server_error"), 500)
        if happens("nonsense", script.nonsense):
            return _json({"object": "simulated nonsense"})
        cut = _cut(said, asked.limit, half=happens("truncates", script.truncates))
        return _json(completion(cut or said, name=name[:16], finish="length" if cut else None))


def _cut(said: ChatReply, limit: int | None, *, half: bool) -> ChatReply | None:
    """What is left of a reply that is too long, None where it is not."""
    words, tokens = said.content or "", said.output_tokens or 0
    share = 0.5 if half and words else limit / tokens if limit is not None and tokens > limit else None
    if share is None:
        return None
    return replace(said, content=words[: int(share * len(words))], tool_calls=(), output_tokens=int(share * tokens))


async def _body(request: Request) -> bytes:
    found = bytearray()
    async for part in request.stream():
        found += part
        if len(found) > MOST_BYTES:
            raise _RefusedError(_json(refusal(f"a body may have {MOST_BYTES:,} bytes", "too_large"), 413))
    return bytes(found)


def _first(error: ValidationError) -> str:
    wrong = error.errors(include_url=False, include_input=False)[0]
    return f"{'.'.join(map(str, wrong['loc'])) or 'the body'}: {wrong['msg']}"
