"""Sessions on PostgreSQL whose server is stopped in the middle of what they do, at once and with nothing written back, and started again.

A life that meets it fails with a refusal, as every caller does; the next one takes the session on. After each restart all is verified.
"""

import random
import signal
import threading
import time
from pathlib import Path
from typing import Any, Final

from benchmarks._databases import postgresql_server
from benchmarks._killed_lives import Killed
from benchmarks._lives import ACT, ENDINGS, by_values
from benchmarks._others import ready_for_others
from benchmarks._sessions import ready
from lifecycle_core.errors import DatabaseUnavailableError
from lifecycle_core.operations.database import upgrade, verify
from lifecycle_core.store.database import Database

WITHIN_S: Final = 0.6
"""A life is met by the restart within this time."""
MOST_LIVES: Final = 50


def restarted(restarts: int, seed: int, within: Path | None) -> Killed:
    """Restart the server `restarts` times, and let the session that is open then come to its end."""
    told, chance = Killed(), random.Random(seed)  # noqa: S311 - moments, and no secrets
    number = 0
    with postgresql_server(within) as server:
        while told.kills.total() < restarts:
            name = f"session{number}"
            server.psql(f"CREATE DATABASE {name};")
            _to_its_end(server, Database(server.get_uri(database=name)), number, told, restarts, chance)
            number += 1
    return told


def _to_its_end(server: Any, database: Database, number: int, told: Killed, restarts: int, chance: random.Random) -> None:  # noqa: ANN401, PLR0917 - a package without types; one loop
    upgrade(database)
    ready(database, ACT)
    ready_for_others(database, ACT)
    for life in range(MOST_LIVES):
        striking = threading.Thread(target=_strike, args=(server, chance.uniform(0, WITHIN_S)))
        struck = told.kills.total() < restarts
        if struck:
            striking.start()
        ended = _lived(database, number, life)
        if struck:
            striking.join()
            told.kills["server restarted"] += 1
        told.lives += 1
        told.problems += verify(database).problems
        if ended is not None:
            told.ended[ended] += 1
            database.close()
            return
    told.unfinished += 1


def _lived(database: Database, number: int, life: int) -> str | None:
    try:
        return by_values(database, number % len(ENDINGS), life, lambda *_boundary: None)
    except DatabaseUnavailableError:
        return None


def _strike(server: Any, after_s: float) -> None:  # noqa: ANN401 - as above
    """Let the server end at once, with nothing written back; it recovers as it starts."""
    time.sleep(after_s)
    running = server.get_postmaster_info().process
    running.send_signal(signal.SIGQUIT)
    running.wait()
    server.ensure_postgres_running()
