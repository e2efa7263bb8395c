"""Masked conversations as a model can be tuned on them: OpenAI's formats for fine-tuning and for preferences, which others read too.

1. Nothing that is held out is exported for learning, so a tuned model can still be judged by it.
2. To imitate are the conversations that succeeded without a person's help. A preference is two replies in one place: of the dialogues
   that came there, those that gave the one succeeded, those that gave the other failed, and none did both.
3. Placeholders are numbered in each example by their first appearance, so that an export tells nothing of the key that made them.
4. A chat in which a call has no answer, or an answer no call, is none; it is left out, and counted by its reason.
"""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from lifecycle_core.conversations import Conversation, Message
from lifecycle_core.privacy.masking import PLACEHOLDER
from lifecycle_core.replay.agent import Prompted
from lifecycle_core.retraining.cases import Split
from lifecycle_core.retraining.chats import TOOL_NAME, ChatLine, NoChatError, chat, renumbered
from lifecycle_core.retraining.training_data import split_by_goal


@dataclass(frozen=True, slots=True)
class Export:
    """The lines of a file, each a JSON object; and what was left out, reason -> how many conversations."""

    lines: Sequence[ChatLine]
    left_out: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """A dialogue and how it ended.

    within : what both of a pair must share besides what was said, such as the customer's goal, which the dialogue does not tell.
    """

    messages: Sequence[Message]
    succeeded: bool
    within: str


def imitations(conversations: Iterable[Conversation], version: Prompted, split: Split | None) -> Export:
    """The successes of a split, or of all, each a chat under the prompt of `version` that ends with the agent.

    conversations : masked.

    >>> from datetime import UTC, datetime
    >>> from types import SimpleNamespace
    >>> said = ({"role": "user", "content": "I am <NAME_77>."}, {"role": "assistant", "content": "Hello <NAME_77>."})
    >>> it = Conversation(id="c", variant="v", ended_at=datetime(2025, 10, 7, tzinfo=UTC), booked=True, messages=said)
    >>> prompted = SimpleNamespace(system_prompt="Be kind.", model=None, parameters={}, tools=())
    >>> imitations([it], prompted, None).lines[0]["messages"][2]
    {'role': 'assistant', 'content': 'Hello <NAME_1>.'}
    """
    lines, left_out = [], Counter[str]()
    for it in conversations:
        if split is not None and split_by_goal(it) is not split:
            left_out["of another split"] += 1
        elif not it.booked or it.escalated:
            left_out["no success of the agent's own"] += 1
        else:
            try:
                lines.append(_prompted(version, renumbered(chat(it.messages))))
            except NoChatError as why:
                left_out[str(why)] += 1
    return Export(lines, left_out)


def recorded(conversations: Iterable[Conversation], split: Split | None) -> Iterator[Outcome]:
    """The masked conversations of a split of which a goal and an outcome are known: within one goal they can be compared."""
    for it in conversations:
        if it.goal and it.booked is not None and split in {None, split_by_goal(it)}:
            goal = " ".join(PLACEHOLDER.sub("", it.goal).lower().split())
            yield Outcome(messages=it.messages, succeeded=it.booked and not it.escalated, within=goal)


def preferences(outcomes: Iterable[Outcome], version: Prompted) -> Export:
    """Pairs of replies in one place, one a place, under the prompt of `version`."""
    places: dict[bytes, _Place] = {}
    left_out = Counter[str]()
    for outcome in outcomes:
        try:
            said = renumbered(chat(outcome.messages))
        except NoChatError as why:
            left_out[str(why)] += 1
            continue
        walked = sha256(outcome.within.encode("utf-8", "surrogatepass"))
        asked = False
        for at, message in enumerate(said):
            written = json.dumps(message, sort_keys=True)
            if message["role"] == "assistant" and asked:
                places.setdefault(walked.digest(), _Place(said[:at], {True: {}, False: {}})).replies[outcome.succeeded][written] = message
            asked = asked or message["role"] == "user"
            walked.update(written.encode())
    return Export([line for it in places.values() if (line := it.pair(version))], left_out)


@dataclass(frozen=True, slots=True)
class _Place:
    """What was said up to somewhere; outcome -> the agent's replies there, as they are written, the first one first."""

    context: Sequence[ChatLine]
    replies: Mapping[bool, dict[str, ChatLine]]

    def pair(self, version: Prompted) -> ChatLine | None:
        """The first reply that only successes gave, and the first that only failures gave; None where there is no such."""
        better, worse = (
            next((reply for written, reply in self.replies[outcome].items() if written not in self.replies[not outcome]), None)
            for outcome in (True, False)
        )
        if better is None or worse is None:
            return None
        asked = {"tools": [], "parallel_tool_calls": True} | _prompted(version, self.context)
        return {"input": asked, "preferred_output": [better], "non_preferred_output": [worse]}


def _prompted(version: Prompted, said: Sequence[ChatLine]) -> ChatLine:
    tools = [tool for it in version.tools if (tool := _tool(it))]
    line: ChatLine = {"messages": [{"role": "system", "content": version.system_prompt}, *said]}
    return line | ({"tools": tools} if tools else {})


def _tool(it: Any) -> ChatLine | None:  # noqa: ANN401 - any JSON value
    function = it.get("function", it) if isinstance(it, Mapping) else None
    named = isinstance(function, Mapping) and TOOL_NAME.fullmatch(str(function.get("name")))
    return {"type": "function", "function": dict(function)} if function is not None and named else None
