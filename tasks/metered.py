"""Models paid for by a session: a call is made within its budget, and its answer kept, so that no step that is done again pays again."""

from dataclasses import dataclass
from threading import Lock
from typing import Final
from weakref import WeakValueDictionary

from lifecycle_core.chat import Chat, ChatError, ChatReply, ChatRequest, ChatUnavailableError
from lifecycle_core.errors import SetupError
from lifecycle_core.operations import spending
from tasks import context, llm

ACTOR = "flow:retrain"

_turns: "Final[WeakValueDictionary[tuple[str, str], Lock]]" = WeakValueDictionary()
_one_at_a_time: Final = Lock()


@dataclass(frozen=True, slots=True)
class Metered:
    """The models behind `chat`, on the account of one session; no transaction is open while a model is asked."""

    session_id: str
    chat: Chat

    @classmethod
    def of(cls, session_id: str) -> "Metered":
        """The models of this process; raises SetupError where none can be reached."""
        chat = llm.chat()
        if chat is None:
            message = (
                "no model can be asked; set LIFECYCLE_OPENAI_BASE_URL or LIFECYCLE_OPENAI_API_KEY, or run this under `lifecycle serve`"
            )
            raise SetupError(message)
        return cls(session_id, chat)

    def __call__(self, request: ChatRequest, /) -> ChatReply:
        """The reply that is kept already, else a new one.

        Raises what `Chat` raises, BudgetSpentError, and ForbiddenMoveError for a session that has ended.
        """
        with _turn(self.session_id, request.content_hash):
            return self._asked(request)

    def _asked(self, request: ChatRequest) -> ChatReply:
        database = context.database()
        kept = spending.cached(database, self.session_id, request)
        if kept is not None:
            return kept
        price = llm.prices().by_model.get(request.model)
        reservation = spending.reserve(database, context.act(ACTOR), self.session_id, request, price)
        if reservation.reply is not None:
            return reservation.reply
        try:
            reply = self.chat(request)
        except ChatError as error:
            spending.fail(database, context.act(ACTOR), reservation, error)
            raise
        return spending.settle(database, context.act(ACTOR), reservation, reply)


@dataclass(frozen=True, slots=True)
class Kept:
    """The replies that a session has already, and no model: what was served can be read again, at no cost."""

    session_id: str

    def __call__(self, request: ChatRequest, /) -> ChatReply:
        """The kept reply; raises ChatUnavailableError where there is none."""
        kept = spending.cached(context.database(), self.session_id, request)
        if kept is None:
            message = f"session {self.session_id} keeps no reply to this request"
            raise ChatUnavailableError(message)
        return kept


def _turn(session_id: str, content_hash: str) -> Lock:
    """Whose turn it is to ask one question of a session, so that two who ask it at once pay once."""
    with _one_at_a_time:
        return _turns.setdefault((session_id, content_hash), Lock())
