"""What can be heard in a conversation: each function gives the words that show a sign, or None."""

import re
from collections.abc import Iterable, Iterator
from typing import Final

from lifecycle_core.retraining import cues
from lifecycle_core.retraining.dialogue import AGENT, CUSTOMER, TOOL, Dialogue

ALIKE: Final = 0.8
"""The share of words that two questions have in common where they are the same question."""
FEWEST_WORDS: Final = 4


def first(texts: Iterable[str], pattern: re.Pattern[str]) -> str | None:
    """The first text in which `pattern` occurs."""
    return next((text for text in texts if pattern.search(text)), None)


def answered(it: Dialogue) -> Iterator[tuple[str, list[str]]]:
    """Each text of the customer with the agent's texts until the customer speaks again."""
    heard: str | None = None
    answers: list[str] = []
    for step in it.steps:
        if step.speaker == CUSTOMER and step.text:
            if heard is not None:
                yield heard, answers
            heard, answers = step.text, []
        elif step.speaker == AGENT and step.text:
            answers.append(step.text)
    if heard is not None:
        yield heard, answers


def questions(text: str) -> Iterator[str]:
    """The sentences of a text that ask.

    >>> list(questions("Fine. Which day? And at what time?"))
    ['Which day?', 'And at what time?']
    """
    return (match.group().strip() for match in cues.SENTENCE.finditer(text) if match.group().endswith("?"))


def objections(it: Dialogue) -> Iterator[tuple[int, str]]:
    """Where the customer objects to what the agent has just said or done: the step's place and its words."""
    for place, step in enumerate(it.steps):
        if place and step.speaker == CUSTOMER and cues.NOT_THAT.search(step.text):
            yield place, step.text


def withdrew(it: Dialogue) -> bool:
    """Whether the customer took the wish back, by the last words that the customer said.

    >>> from types import SimpleNamespace
    >>> said = [{"role": "user", "content": "Never mind, I'll think about it."}]
    >>> withdrew(Dialogue.of(SimpleNamespace(messages=said, actions=[], errors=[], escalated=False)))
    True
    """
    said = it.said_by(CUSTOMER)
    return bool(said) and bool(cues.LEAVES.search(said[-1]))


def asked_for_a_person(it: Dialogue) -> bool:
    """Whether the customer asked to be handed over."""
    return first(it.said_by(CUSTOMER), cues.PERSON) is not None


def mentions_price(it: Dialogue) -> str | None:
    """The customer speaks of prices."""
    return first(it.said_by(CUSTOMER), cues.PRICE)


def prices_repeatedly(it: Dialogue) -> str | None:
    """The customer asks for the price once more."""
    asked = [text for text in it.said_by(CUSTOMER) if cues.ASKS_PRICE.search(text)]
    return asked[1] if len(asked) > 1 else None


def price_unanswered(it: Dialogue) -> str | None:
    """A question for the price that the agent answers with no amount."""
    asked = ((text, answers) for text, answers in answered(it) if answers and cues.ASKS_PRICE.search(text))
    return next((text for text, answers in asked if first(answers, cues.MONEY) is None), None)


def mentions_free(it: Dialogue) -> str | None:
    """The customer asks what is free."""
    return first(it.said_by(CUSTOMER), cues.FREE)


def lost(it: Dialogue) -> str | None:
    """The customer does not understand."""
    return first(it.said_by(CUSTOMER), cues.LOST)


def told_twice(it: Dialogue) -> str | None:
    """The customer has said it before."""
    return first(it.said_by(CUSTOMER), cues.ALREADY)


def same_question(it: Dialogue) -> str | None:
    """A question for facts that the agent asks in nearly the same words as before; offers and courtesies are none."""
    asked: list[frozenset[str]] = []
    for question in (question for text in it.said_by(AGENT) for question in questions(text)):
        words = frozenset(re.findall(r"[a-z']+", question.lower()))
        if len(words) < FEWEST_WORDS or cues.COURTESY.search(question) or cues.CLOCK.search(question):
            continue
        if any(len(words & other) >= ALIKE * len(words | other) for other in asked):
            return question
        asked.append(words)
    return None


def asks_what_was_said(it: Dialogue) -> str | None:
    """A question of the agent's for a day, a time, a number or an address that the customer has given."""
    heard = ""
    for step in it.steps:
        if step.speaker == CUSTOMER:
            heard = f"{heard} {step.text}"
        elif step.speaker == AGENT:
            for question in questions(step.text):
                if not cues.CLOCK.search(question) and any(asked.search(question) and told.search(heard) for asked, told in cues.SAID):
                    return question
    return None


def guessed(it: Dialogue) -> str | None:
    """A vague wish that the agent answers with no question."""
    vague = ((text, answers) for text, answers in answered(it) if answers and cues.VAGUE.search(text) and not cues.BYE.search(text))
    return next((text for text, answers in vague if "?" not in answers[0]), None)


def corrected(it: Dialogue) -> str | None:
    """The customer objects, not to the time alone."""
    return next((text for _, text in objections(it) if not cues.WRONG_TIME.search(text)), None)


def wrong_time(it: Dialogue) -> str | None:
    """The customer objects to the time."""
    return next((text for _, text in objections(it) if cues.WRONG_TIME.search(text)), None)


def ends_unanswered(it: Dialogue) -> str | None:
    """The customer's last words where the agent says nothing more, and they are no farewell."""
    spoken = [step for step in it.steps if step.text and step.speaker != TOOL]
    if len(spoken) < 2 or spoken[-1].speaker != CUSTOMER:  # noqa: PLR2004 - nobody was there yet
        return None
    last = spoken[-1].text
    return None if cues.BYE.search(last) or cues.LEAVES.search(last) else last
