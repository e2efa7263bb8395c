"""Why conversations are one table on PostgreSQL: finding out which of a batch are known, in one table and in partitions by month.

A conversation is known by variant and id, and PostgreSQL keeps such a key unique within a partition alone. So partitions by time would
leave uniqueness to a look into each of them; letting old rows go, for which partitions are praised, is measured beside it.
"""

import random
from statistics import median
from time import perf_counter
from typing import Any, Final

from benchmarks._databases import places

MONTHS: Final = 24
BATCH: Final = 5000
_KNOWN: Final = """SELECT one.id FROM unnest(%s::text[]) AS asked(id)
CROSS JOIN LATERAL (SELECT c.id FROM {table} c WHERE c.variant = 'v' AND c.id = asked.id LIMIT 1) AS one"""


def run(rows: int = 1_000_000, rounds: int = 10) -> dict[str, object]:
    """Milliseconds, p50, of the look that every batch of 5,000 takes, and seconds to let a month go, of `rows` over two years."""
    import psycopg

    told: dict[str, object] = {"rows": rows}
    with places()["postgresql"]() as url, psycopg.connect(url, autocommit=True) as connection:
        for table, partitioned in (("one_table", False), ("by_month", True)):
            _fill(connection, table, rows, partitioned=partitioned)
            chance = random.Random(1)  # noqa: S311 - which ids are asked for
            times = []
            for _ in range(rounds):
                ids = [f"conv_{chance.randrange(2 * rows):09d}" for _ in range(BATCH)]
                began = perf_counter()
                connection.execute(_KNOWN.format(table=table).encode(), (ids,)).fetchall()
                times.append(1000 * (perf_counter() - began))
            began = perf_counter()
            goes = "DROP TABLE by_month_0" if partitioned else f"DELETE FROM one_table WHERE month < {1}"  # noqa: S608 - a constant
            connection.execute(goes.encode())
            gone = perf_counter() - began
            print(f"{table:<12}{median(times):9.1f} ms to look for {BATCH:,} ids; a month goes in {gone:.2f} s", flush=True)
            told |= {f"{table}_ms": round(median(times), 1), f"{table}_month_goes_s": round(gone, 3)}
    told["times_slower"] = round(float(str(told["by_month_ms"])) / float(str(told["one_table_ms"])), 1)
    return told


def _fill(connection: Any, table: str, rows: int, *, partitioned: bool) -> None:  # noqa: ANN401 - a driver's connection
    columns = "variant text NOT NULL, id text NOT NULL, month int NOT NULL, body text NOT NULL"
    if partitioned:
        connection.execute(f"CREATE TABLE {table} ({columns}, PRIMARY KEY (variant, id, month)) PARTITION BY RANGE (month)".encode())
        for month in range(MONTHS):
            connection.execute(f"CREATE TABLE {table}_{month} PARTITION OF {table} FOR VALUES FROM ({month}) TO ({month + 1})".encode())
    else:
        connection.execute(f"CREATE TABLE {table} ({columns}, PRIMARY KEY (variant, id))".encode())
        connection.execute(f"CREATE INDEX {table}_by_month ON {table} (variant, month)".encode())
    with connection.cursor() as cursor, cursor.copy(f"COPY {table} FROM STDIN".encode()) as copy:
        for number in range(rows):
            copy.write_row(("v", f"conv_{number:09d}", number * MONTHS // rows, "x" * 300))
    connection.execute(f"ANALYZE {table}".encode())
