"""Incumbent and candidate at the turns of recorded conversations: asked while a shadow test is served, read from kept replies after."""

from collections.abc import Iterator
from typing import Final

from lifecycle_core.chat import Chat, ChatDeniedError, ChatError
from lifecycle_core.operations import arms, evidence
from lifecycle_core.replay.agent import Agent
from lifecycle_core.replay.agreement import Actions, Agreement, action_of, agreement
from tasks import context, secrets
from tasks.metered import Kept, Metered
from tasks.replays import model

CONVERSATIONS: Final = 12


def ask(session_id: str) -> Agreement:
    """Ask both versions what they would do next, on the account of a session; what was asked before costs nothing.

    It decides nothing, and so holds nothing up: where the model cannot be had now, the turns left are left out.
    """
    return agreement(list(_acted(session_id, Metered.of(session_id), patient=False)))


def kept(session_id: str) -> Agreement:
    """The same as far as it was asked; raises UnknownSessionError."""
    return agreement(list(_acted(session_id, Kept(session_id), patient=True)))


def _acted(session_id: str, chat: Chat, *, patient: bool) -> Iterator[Actions]:
    """What each version does at each turn; a turn at which one gives no answer says nothing. `patient` : go on past those."""
    both = arms.arms(context.database(), session_id)
    if both.candidate is None:
        return
    incumbent, candidate = Agent.of(both.incumbent, model()), Agent.of(both.candidate, model())
    for turn in evidence.recorded_turns(context.database(), session_id, secrets.masker(), CONVERSATIONS):
        asked = turn.request(incumbent), turn.request(incumbent, again=1), turn.request(candidate)
        try:
            first, again, other = (action_of(chat(it)) for it in asked)
        except ChatDeniedError:
            raise
        except ChatError as error:
            if error.retryable and not patient:
                return
            continue
        yield Actions(conversation_id=turn.conversation_id, incumbent=first, again=again, candidate=other)
