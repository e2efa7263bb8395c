"""Files of native JSON lines, as an agent's own exporter would write them: seeded, in the order of time, without or with messages."""

import json
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

START: Final = datetime(2025, 6, 1, tzinfo=UTC)
DAYS: Final = 90
BOOKED: Final = 0.75
ESCALATED: Final = 0.05
VARIANTS: Final = ("baseline", "concise", "friendly", "upsell")
_TOOLS: Final = ("check_availability", "create_booking", "get_quote", "find_customer", "send_confirmation")
_SAID: Final = (
    "Hello, I would like to book a deep clean of a three-bedroom flat for next week, if there is a free slot in the morning.",
    "Of course. Tuesday at 9:00 and Thursday at 10:30 are free. Which of these suits you better, and what is the address, please?",
    "Thursday is fine. It is the same address as last time, and please use the side entrance, for the front door sticks.",
    "Thank you, that is noted. The clean takes about three and a half hours and costs 189 dollars; shall I book it for you?",
    "Yes, please do. Do I have to be at home the whole time, or is it enough to let the team in and come back later?",
    "It is enough to let the team in. You are booked for Thursday at 10:30; a confirmation is on its way to your mailbox.",
    "Wonderful, thank you very much for your help!",
    "You are welcome. Have a pleasant day, and see you on Thursday.",
)


def write(path: Path, rows: int, *, messages: bool, seed: int = 1) -> int:
    """Write a file of so many conversations: -> its bytes."""
    with path.open("w", encoding="utf-8") as stream:
        for row in conversations(rows, messages=messages, seed=seed):
            stream.write(json.dumps(row, separators=(",", ":")) + "\n")
    return path.stat().st_size


def conversations(rows: int, *, messages: bool, seed: int = 1) -> Iterator[dict[str, Any]]:
    """The conversations, evenly over `DAYS` days."""
    drawn = random.Random(seed)  # noqa: S311 - traffic, and no secret
    step = timedelta(days=DAYS) / rows
    for number in range(rows):
        ended_at = START + step * (number + 1)
        times = [round(drawn.lognormvariate(0.4, 0.5), 3) for _ in range(drawn.randint(3, 6))]
        read, written = drawn.randint(1500, 9000), drawn.randint(150, 900)
        row: dict[str, Any] = {
            "id": f"conv_{number:09d}",
            "variant": VARIANTS[number % len(VARIANTS)],
            "version": 1,
            "started_at": _zulu(ended_at - timedelta(seconds=sum(times) + drawn.randint(30, 900))),
            "ended_at": _zulu(ended_at),
            "booked": drawn.random() < BOOKED,
            "escalated": drawn.random() < ESCALATED,
            "cost_usd": round(read * 2.5e-6 + written * 1e-5, 6),
            "cost_source": "billed",
            "input_tokens": read,
            "output_tokens": written,
            "total_tokens": read + written,
            "response_times_s": times,
            "actions": [drawn.choice(_TOOLS) for _ in range(drawn.randint(1, 4))],
            "customer_id": f"cust_{drawn.randint(0, rows // 3):08d}",
            "model": "gpt-5-mini",
            "segments": {"channel": drawn.choice(("web", "phone", "app"))},
        }
        if messages:
            said = (f"{_SAID[0]} My reference is {drawn.randint(10**6, 10**7)}.", *_SAID[1:])
            row["messages"] = [{"role": ("user", "assistant")[place % 2], "content": one} for place, one in enumerate(said)]
        yield row


def _zulu(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")
