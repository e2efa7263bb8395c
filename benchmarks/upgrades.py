"""How long a database of each earlier schema takes to come to this program's, with rows in it, and whether it holds afterwards.

A database of this schema is taken back to each revision in turn, the newest first, and brought up again; so that what a step costs grows
with the rows that it rewrites, and not with what a small fixture has. That databases which the programs of then wrote come up whole is
tested beside this: `tests/store/test_released.py`.
"""

import time
from collections.abc import Callable
from contextlib import AbstractContextManager, closing
from datetime import UTC, datetime

from benchmarks._databases import places
from benchmarks.backup import seed
from lifecycle_core.operations.database import downgrade, upgrade, verify
from lifecycle_core.provenance import Provenance
from lifecycle_core.store.database import Database


def run(rows: int = 50_000, databases: str = "sqlite,postgresql") -> dict[str, object]:
    """Upgrade databases of `rows` conversations from each revision."""
    return {kind: _one(kind, places()[kind], rows) for kind in databases.split(",")}


def _one(kind: str, place: Callable[[], AbstractContextManager[str]], rows: int) -> dict[str, object]:
    act, seconds = Provenance("benchmark", datetime.now(UTC)), {}
    with place() as url, closing(Database(url)) as database:
        revisions = seed(database, rows)
        for revision in revisions[-2::-1]:
            downgrade(database, revision, act)
            began = time.monotonic()
            upgrade(database, act)
            seconds[revision] = round(time.monotonic() - began, 2)
        found = verify(database)
    print(f"{kind}: {found.conversations:,} conversations in {found.rollups_checked:,} hourly sums; problems: {len(found.problems)}")
    print("".join(f"{it:>8}" for it in seconds))
    print("".join(f"{it:>6.2f} s" for it in seconds.values()))
    return {"rows": found.conversations, "upgrade_s": seconds, "problems": len(found.problems)}
