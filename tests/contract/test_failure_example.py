"""The plan's failure analysis, from traffic of which it is true."""

from datetime import UTC, datetime

from deployments.wire.failures import FailureAnalysisWire
from lifecycle_core.conversations import Conversation
from lifecycle_core.retraining.failures import analyze

NOON = datetime(2025, 10, 7, 12, tzinfo=UTC)
PLAIN = ("A deep clean on Thursday, please.", "With pleasure.")
PRICE = ("A deep clean on Thursday. How much is it?", "Let me see.")
FREE = ("A deep clean, please. What is available?", "Let me see.")


def conversation(number, words, *, booked, length):
    handed_over = not booked and number < 15
    said = [f"{words[0]} May I speak to a person?" if handed_over else words[0], words[1], *["Hm.", "Well."] * 5][:length]
    messages = tuple({"role": ("user", "assistant")[place % 2], "content": text} for place, text in enumerate(said))
    return Conversation(id=f"c{number}", variant="baseline", ended_at=NOON, booked=booked, escalated=handed_over, messages=messages)


def test_the_failure_analysis_reads_as_in_the_plan(holds):
    failed = [PRICE] * 12 + [FREE] * 8 + [PLAIN] * 5
    fine = [PRICE] * 10 + [FREE] * 5 + [PLAIN] * 185
    told = [
        conversation(number, words, booked=False, length=10 if number % 4 == 0 and number < 24 else 8)
        for number, words in enumerate(failed)
    ]
    told += [conversation(100 + number, words, booked=True, length=8) for number, words in enumerate(fine)]

    assert holds(
        FailureAnalysisWire.of(analyze(told)).model_dump(mode="json"),
        {
            "totalFailures": 25,
            "escalations": 15,
            "avgMessagesBeforeFailure": 8.48,
            "commonIssues": [
                {"issue": "pricing", "count": 12, "percentage": "48.00%"},
                {"issue": "availability", "count": 8, "percentage": "32.00%"},
            ],
        },
    )
