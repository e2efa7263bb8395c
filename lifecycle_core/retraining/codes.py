"""What goes wrong, and whose fault it is: the closed lists that a finding, a motive and an edit are named by."""

from enum import StrEnum


class Author(StrEnum):
    """Who is at fault: a prompt mends the agent's faults alone."""

    CUSTOMER = "customer"
    AGENT = "agent"
    ENVIRONMENT = "environment"


class Code(StrEnum):
    """The kinds of issues: the plan's four, and those that real failures are made of."""

    PRICING = "pricing"
    AVAILABILITY = "availability"
    UNCLEAR = "unclear"
    TECHNICAL = "technical"
    WRONG_TIME = "wrong_time"
    DOUBLE_BOOKING = "double_booking"
    MISSING_CONFIRMATION = "missing_confirmation"
    CONSTRAINT_IGNORED = "constraint_ignored"
    CLARIFICATION_MISSING = "clarification_missing"
    REPEATED_QUESTION = "repeated_question"
    NEEDLESS_HANDOFF = "needless_handoff"
    POLICY_VIOLATION = "policy_violation"
    TOOL_ERROR_UNHANDLED = "tool_error_unhandled"
    WRONG_WRITE = "wrong_write"
    REPEATED_ACTION = "repeated_action"
    PREMATURE_END = "premature_end"
    OTHER = "other"
