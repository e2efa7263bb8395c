"""The signs: what can be seen in a conversation, yes or no, and what it would be a sign of.

A sign is no verdict. Whether it goes with failure is asked of the traffic
(`findings`): what successes show as often says nothing. None of them looks at
the outcome, or it would prove itself; so the consequences of a fault are signs
beside the fault, which an agent that always makes it shows in successes too.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from lifecycle_core.retraining import conduct, speech
from lifecycle_core.retraining.codes import Author, Code
from lifecycle_core.retraining.dialogue import Dialogue


@dataclass(frozen=True, slots=True)
class Sign:
    """One thing that a conversation shows or does not: what it would be a sign of, and what to say of it.

    feedback : what goes wrong, as the writer of a prompt is told it.
    seen : the words or the call that show it, verbatim; None where it is not there.
    author : who would be at fault.
    """

    name: str
    code: Code
    feedback: str
    seen: Callable[[Dialogue], str | None]
    author: Author = Author.AGENT


SIGNS: Final = (
    Sign("mentions_price", Code.PRICING, "Customers who speak of prices are lost.", speech.mentions_price),
    Sign("prices_repeatedly", Code.PRICING, "The customer has to ask for the price again.", speech.prices_repeatedly),
    Sign("price_unanswered", Code.PRICING, "The customer asks for a price and is told none.", speech.price_unanswered),
    Sign("mentions_free", Code.AVAILABILITY, "Customers who ask what is free are lost.", speech.mentions_free),
    Sign("offers_unchecked", Code.AVAILABILITY, "The agent offers a time before it looked up what is free.", conduct.offers_unchecked),
    Sign("taken_unchecked", Code.AVAILABILITY, "The agent books what is taken and never looked up what is free.", conduct.taken_unchecked),
    Sign("lost", Code.UNCLEAR, "The customer does not understand the agent.", speech.lost),
    Sign("tool_error", Code.TECHNICAL, "A tool refuses what the agent gives it.", conduct.tool_error),
    Sign("service_error", Code.TECHNICAL, "A tool does not answer.", conduct.service_error, Author.ENVIRONMENT),
    Sign("error_unhandled", Code.TOOL_ERROR_UNHANDLED, "A call fails and the agent tries nothing else.", conduct.error_unhandled),
    Sign("wrong_time", Code.WRONG_TIME, "The customer is offered a time that does not suit.", speech.wrong_time),
    Sign("taken_after_all", Code.DOUBLE_BOOKING, "The agent books what is taken, though it looked.", conduct.taken_after_all),
    Sign("wrote_unconfirmed", Code.MISSING_CONFIRMATION, "The agent changes what nobody agreed to.", conduct.wrote_unconfirmed),
    Sign(
        "wrote_what_is_refused", Code.MISSING_CONFIRMATION, "The agent changes what the customer objects to.", conduct.wrote_what_is_refused
    ),
    Sign("books_unnamed_time", Code.MISSING_CONFIRMATION, "The agent books a time that nobody named.", conduct.books_unnamed_time),
    Sign("corrected", Code.CONSTRAINT_IGNORED, "The customer says again what the agent did not heed.", speech.corrected),
    Sign("guessed", Code.CLARIFICATION_MISSING, "The customer's wish is vague and the agent asks nothing.", speech.guessed),
    Sign("offers_unasked", Code.CLARIFICATION_MISSING, "The agent offers times before it knows the day.", conduct.offers_unasked),
    Sign("same_question", Code.REPEATED_QUESTION, "The agent asks the same question again.", speech.same_question),
    Sign("asks_what_was_said", Code.REPEATED_QUESTION, "The agent asks for what the customer has said.", speech.asks_what_was_said),
    Sign("told_twice", Code.REPEATED_QUESTION, "The customer is asked for what was said before.", speech.told_twice),
    Sign("handed_over_needlessly", Code.NEEDLESS_HANDOFF, "The agent hands over though nobody asked.", conduct.handed_over_needlessly),
    Sign("forbidden_write", Code.POLICY_VIOLATION, "The agent attempts what the rules do not allow.", conduct.forbidden_write),
    Sign("claims_undone", Code.WRONG_WRITE, "The agent says that it is done where no call did it.", conduct.claims_undone),
    Sign("writes_again", Code.WRONG_WRITE, "The agent changes the same thing twice.", conduct.writes_again),
    Sign("loops", Code.REPEATED_ACTION, "The agent makes the same call again and again.", conduct.loops),
    Sign("ends_unanswered", Code.PREMATURE_END, "The customer's last words are left without an answer.", speech.ends_unanswered),
)
"""All signs. Names are unique; several may stand for one code."""
