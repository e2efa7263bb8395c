"""A drift with a known cause: two weeks whose last day one segment books nothing."""

from datetime import UTC, datetime, timedelta

from lifecycle_core.conversations import Conversation
from lifecycle_core.operations import traffic
from lifecycle_core.provenance import Provenance
from tasks import context

END = datetime(2025, 10, 7, 12, tzinfo=UTC)


def plant(label: str, ill: str, well: str) -> None:
    """Ingest the variant `planted`, half of whose conversations bear the label's value `ill` and half `well`."""
    conversations = [
        Conversation(
            id=f"c{number}",
            variant="planted",
            ended_at=END - timedelta(days=14) + timedelta(minutes=7.5 * (number + 0.5)),
            booked=number % 10 < 8 and not (number % 2 and number >= 13 * 192),
            segments={label: ill if number % 2 else well},
        )
        for number in range(14 * 192)
    ]
    traffic.ingest(context.database(), Provenance("test", END), conversations)
