"""What a good booking agent does, one duty each; an agent that is not told to fails those customers whose need calls for it."""

from enum import StrEnum


class Duty(StrEnum):
    """One thing that a booking agent has to be told.

    CHECK : look into the calendar before offering a time.
    PRICE : state the price when asked.
    CONFIRM : have the customer confirm before booking.
    CLARIFY : ask where a wish is unclear.
    REMEMBER : not ask again for what was said.
    KEEP : hand over to a person only where it is needed.
    RECOVER : try again, or another way, when a tool fails.
    """

    CHECK = "check"
    PRICE = "price"
    CONFIRM = "confirm"
    CLARIFY = "clarify"
    REMEMBER = "remember"
    KEEP = "keep"
    RECOVER = "recover"
