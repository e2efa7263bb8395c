"""Model access: the one importer of `openai`, behind the port `Chat`.

Each call is bounded, and asked again by the client alone, which honours what the
endpoint says of when (`Retry-After`). Who calls may try the whole step later; a
second retry of the same call is stacked nowhere.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from http import HTTPStatus
from threading import Lock
from typing import TYPE_CHECKING, Any, Final, Never
from urllib.parse import urlsplit

from lifecycle_core.chat import (
    Chat,
    ChatDeniedError,
    ChatError,
    ChatMessage,
    ChatNonsenseError,
    ChatRefusedError,
    ChatReply,
    ChatRequest,
    ChatUnavailableError,
)
from lifecycle_core.settings import ModelAccess
from lifecycle_core.spending import KNOWN_PRICES, Price, Prices, priced
from tasks import context
from tasks.completions import billed, body, done, together, tool_calls
from tasks.structured_output import MisshapenError, Rung, messages, repair, response_format, well_formed

if TYPE_CHECKING:
    from openai import APIStatusError, OpenAI
    from openai.types.chat import ChatCompletion

SIMULATED: Final = "simulated"
MAX_TOLD_CHARACTERS: Final = 200
UNREADABLE: Final = frozenset({"context_length_exceeded", "content_filter", "content_policy_violation"})
"""Codes with which an endpoint refuses what is said, and not who asks or how."""
BUSY: Final = frozenset({408, 409, 425, 429})
NOT_UNDERSTOOD: Final = frozenset({400, 415, 422, 500, 501})
"""What endpoints answer to a `response_format` that they do not know."""


_clients: "dict[tuple[ModelAccess, tuple[str, ...]], OpenAI]" = {}
_one_at_a_time = Lock()


@cache
def chat() -> Chat | None:
    """The models of this process, None where neither an endpoint nor a key is set."""
    access = context.settings().models
    return OpenAIChat(access, prices().by_model, context.settings().allowed_hosts) if access else None


@cache
def agent() -> Chat | None:
    """The agent's own service, None where no address of one is set."""
    access = context.settings().agent
    return OpenAIChat(access, prices().by_model, context.settings().allowed_hosts) if access else None


@cache
def prices() -> Prices:
    """What models cost where their endpoint does not tell; raises InvalidInputError for a table that cannot be meant."""
    return Prices.parse(context.settings().model_prices or KNOWN_PRICES)


def hang_up() -> None:
    """Close the connections to all endpoints; the next request opens one again."""
    with _one_at_a_time:
        while _clients:
            _clients.popitem()[1].close()


@dataclass(frozen=True, slots=True)
class _Manners:
    """What a model's endpoint turned out to understand; `proven` once an answer of the asked shape came on this rung."""

    rung: Rung = Rung.JSON_SCHEMA
    proven: bool = False
    newer_limit: bool = False
    seedless: bool = False


@dataclass(frozen=True, slots=True)
class OpenAIChat:
    """Models behind an endpoint that speaks the OpenAI protocol; what each turned out to understand is remembered.

    prices : what a model costs where the endpoint does not tell; model -> price.
    allowed_hosts : those that may lie inside a network; see `tasks.outgoing`.
    """

    access: ModelAccess
    prices: Mapping[str, Price] = field(default_factory=dict)
    allowed_hosts: tuple[str, ...] = ()
    _manners: dict[str, _Manners] = field(default_factory=dict, init=False, repr=False, compare=False)

    def __call__(self, request: ChatRequest, /) -> ChatReply:
        """Ask, and wait for the reply; where the request has a schema, the content is JSON text that follows it.

        Raises ChatUnavailableError, ChatDeniedError, ChatRefusedError or ChatNonsenseError.
        """
        began = time.monotonic()
        answers: list[ChatReply] = []
        try:
            if request.schema is None:
                reply = self._reply(request, self._send(request, request.messages, None), answers)
            else:
                reply = self._shaped(request, request.schema, answers)
        except ChatError as error:
            error.paid = tuple(answers)
            raise
        return replace(reply, **together(answers), seconds=time.monotonic() - began)

    def _shaped(self, request: ChatRequest, schema: Mapping[str, object], answers: list[ChatReply]) -> ChatReply:
        """Go down the ladder until an answer has the shape; on the rung that holds, one repair is asked for."""
        manners = self._manners.get(request.model, _Manners())
        rung, failure, repaired = manners.rung, None, False
        asked = messages(rung, request)
        while True:
            lower = None if manners.proven else rung.next
            try:
                reply = self._reply(request, self._send(request, asked, response_format(rung, schema)), answers)
            except _NotUnderstoodError as error:
                failure = failure or error.meant
                if lower is None:
                    raise failure from None
                rung, asked = lower, messages(lower, request)
                continue
            try:
                content = well_formed(reply.content or "", schema)
            except MisshapenError as complaint:
                if lower is not None:
                    rung, asked = lower, messages(lower, request)
                elif not repaired:
                    repaired, asked = True, repair(asked, reply.content or "", complaint)
                else:
                    message = f"{request.model} was asked for JSON of a given shape and answered without it, repair included: {complaint}"
                    raise ChatNonsenseError(message) from None
                continue
            self._remember(request.model, rung=rung, proven=True)
            return replace(reply, content=content)

    def _send(self, request: ChatRequest, asked: tuple[ChatMessage, ...], shape: dict[str, object] | None) -> "ChatCompletion":
        from openai import APIConnectionError, APIError, APIStatusError, APITimeoutError, OpenAIError

        from tasks.outgoing import AddressRefusedError

        while True:
            manners = self._manners.get(request.model, _Manners())
            written = body(request, asked, shape, newer_limit=manners.newer_limit, seedless=manners.seedless)
            try:
                completion: ChatCompletion = _client(self.access, self.allowed_hosts).chat.completions.create(**written)
            except AddressRefusedError as refusal:
                message = f"{self._where} was not asked: {refusal}"
                raise ChatDeniedError(message, field=refusal.field) from None
            except APIStatusError as error:
                if error.status_code in NOT_UNDERSTOOD and self._adapts(request, manners, str(error)):
                    continue
                self._fails(request, error, shaped=shape is not None)
            except APITimeoutError:
                message = (
                    f"{self._where} did not answer {request.model} within {self.access.timeout_s} s, in {self._tries}; "
                    "try later, or raise LIFECYCLE_MODEL_TIMEOUT_SECONDS"
                )
                raise ChatUnavailableError(message) from None
            except APIConnectionError as error:
                why = self._told(error.__cause__ or error)
                message = f"{self._where} cannot be reached, in {self._tries} ({why}); see that it runs and that its address is right"
                raise ChatUnavailableError(message) from None
            except (APIError, ValueError) as error:
                message = (
                    f"{self._where} answered {request.model} with what is no chat completion ({self._told(error)}); is its address right?"
                )
                raise ChatUnavailableError(message) from None
            except OpenAIError as error:
                message = f"{self._where} was not asked ({self._told(error)}); see LIFECYCLE_OPENAI_BASE_URL and LIFECYCLE_OPENAI_API_KEY"
                raise ChatDeniedError(message) from None
            else:
                return completion

    def _adapts(self, request: ChatRequest, manners: _Manners, told: str) -> bool:
        """Whether the endpoint wants a parameter under its newer name, or none at all, and was not yet asked so."""
        if "max_completion_tokens" in told and "max_tokens" in request.parameters and not manners.newer_limit:
            self._remember(request.model, newer_limit=True)
        elif "seed" in told and request.seed is not None and not manners.seedless:
            self._remember(request.model, seedless=True)
        else:
            return False
        return True

    def _fails(self, request: ChatRequest, error: "APIStatusError", *, shaped: bool) -> Never:
        status, told = error.status_code, f"status {error.status_code}: {self._told(error)}"
        meant: ChatError
        if status == HTTPStatus.TOO_MANY_REQUESTS and error.code == "insufficient_quota":
            meant = ChatDeniedError(f"{self._where} has no quota left for this key ({told}); add credit, or use another key")
        elif status in BUSY or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            wait = _seconds(error.response.headers.get("retry-after"))
            later = f"in {wait:.0f} s" if wait else "later"
            meant = ChatUnavailableError(f"{self._where} cannot answer now, in {self._tries} ({told}); try {later}", retry_after=wait)
        elif status in {401, 403}:
            meant = ChatDeniedError(f"{self._where} refuses the key ({told}); set the right one in LIFECYCLE_OPENAI_API_KEY")
        elif status == HTTPStatus.NOT_FOUND:
            meant = ChatDeniedError(f"{self._where} knows no model {request.model!r} at this address ({told}); see LIFECYCLE_MODEL")
        else:
            refusal = ChatRefusedError if error.code in UNREADABLE else ChatDeniedError
            meant = refusal(f"{self._where} refuses the request for {request.purpose} to {request.model} ({told})")
        if shaped and status in NOT_UNDERSTOOD and error.code != "context_length_exceeded":
            raise _NotUnderstoodError(meant) from None
        raise meant from None

    def _reply(self, request: ChatRequest, completion: "ChatCompletion", answers: list[ChatReply]) -> ChatReply:
        """The reply that a completion holds; it is billed, and stands in `answers`, whether or not it is of use."""
        choices = getattr(completion, "choices", None)
        first = choices[0] if isinstance(choices, list) and choices else None
        said = getattr(first, "message", None)
        if first is None or said is None:
            message = f"{self._where} answered {request.model} with what is no chat completion; is its address right?"
            raise ChatUnavailableError(message)
        calls = tool_calls(said)
        usage = completion.usage
        answer = ChatReply(
            content=said.content,
            tool_calls=calls,
            model=str(completion.model or request.model),
            input_tokens=getattr(usage, "prompt_tokens", None),
            output_tokens=getattr(usage, "completion_tokens", None),
            cost_usd=billed(completion),
            simulated=completion.system_fingerprint == SIMULATED,
            done=done(completion, said),
        )
        reply = priced(answer, self.prices.get(request.model))
        answers.append(reply)
        finish, refusal = first.finish_reason, getattr(said, "refusal", None)
        if refusal or finish == "content_filter":
            message = f"{request.model} refuses to answer the request for {request.purpose}: {self._told(refusal or 'content filter')}"
            raise ChatRefusedError(message)
        if finish == "length" and (request.schema is not None or calls):
            limit = request.parameters.get("max_tokens", "its own limit of")
            message = f"{request.model} was cut off after {limit} tokens in its answer for {request.purpose}; raise max_tokens"
            raise ChatNonsenseError(message)
        return reply

    def _remember(self, model: str, **learnt: Any) -> None:  # noqa: ANN401 - fields of _Manners
        self._manners[model] = replace(self._manners.get(model, _Manners()), **learnt)

    def _told(self, what: object) -> str:
        """What an endpoint said, short, on one line and without the key."""
        text = " ".join(str(what).replace(self.access.api_key, "[key]").split())
        return "".join(it for it in text if it.isprintable())[:MAX_TOLD_CHARACTERS]

    @property
    def _where(self) -> str:
        parts = urlsplit(self.access.base_url)
        return f"the endpoint at {parts.hostname}:{parts.port or (443 if parts.scheme == 'https' else 80)}"

    @property
    def _tries(self) -> str:
        tries = self.access.max_retries + 1
        return f"{tries} tries" if tries > 1 else "1 try"


class _NotUnderstoodError(Exception):
    """A request for a shape that an endpoint may not know; `meant` is the failure where that was not the cause."""

    def __init__(self, meant: ChatError) -> None:
        super().__init__()
        self.meant = meant


def _client(access: ModelAccess, allowed_hosts: tuple[str, ...]) -> "OpenAI":
    from openai import DefaultHttpx2Client, OpenAI

    from tasks.outgoing import Outgoing

    with _one_at_a_time:
        if (access, allowed_hosts) not in _clients:
            _clients[access, allowed_hosts] = OpenAI(
                base_url=access.base_url,
                api_key=access.api_key,
                timeout=access.timeout_s,
                max_retries=access.max_retries,
                http_client=DefaultHttpx2Client(transport=Outgoing(access.base_url, allowed_hosts)),
            )
        return _clients[access, allowed_hosts]


def _seconds(text: str | None) -> float | None:
    try:
        return max(0.0, float(text)) if text else None
    except ValueError:
        return None
