"""When a Prefect server is taken for lost: by its end, or by a silence that is too long for a busy machine."""

import asyncio
import signal
import subprocess
import sys

import pytest

from deployments.demo.tree import free_ports
from deployments.supervisor import prefect_server
from deployments.supervisor.prefect_server import PrefectServer
from lifecycle_core.errors import SetupError
from lifecycle_core.settings import Settings

HEALTHY = """
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer

class Healthy(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()

HTTPServer(("127.0.0.1", int(sys.argv[1])), Healthy).serve_forever()
"""
SILENT_FOR_S = 1.0
WAITS_MS = """
import asyncio, sys
from sqlalchemy import text
from prefect.server.database.configurations import AioSqliteConfiguration
from deployments.supervisor.prefect_server import wait_less_for_locks

wait_less_for_locks()

async def asked():
    engine = await AioSqliteConfiguration(f"sqlite+aiosqlite:///{sys.argv[1]}/prefect.db").engine()
    async with engine.connect() as connection:
        print((await connection.execute(text("PRAGMA busy_timeout"))).scalar())
    await engine.dispose()

asyncio.run(asked())
"""


@pytest.fixture
def settings(tmp_path, monkeypatch):
    monkeypatch.setattr(prefect_server, "HANGS_AFTER_S", SILENT_FOR_S)
    monkeypatch.setattr(prefect_server, "_WATCHED_EVERY_S", 0.1)
    [port] = free_ports(1)
    return Settings.read({"LIFECYCLE_DATA_DIR": str(tmp_path), "LIFECYCLE_PREFECT_PORT": str(port)})


def lived(settings, program, then):
    """A server of this program's, ready, to which something is done: -> how it was lost, and how it ended when it was stopped then."""

    async def live():
        command = (sys.executable, "-c", program, str(settings.prefect_port))
        process = await asyncio.create_subprocess_exec(*command, stderr=asyncio.subprocess.DEVNULL)
        server = PrefectServer(settings, process)
        try:
            await server.ready()
            watched = asyncio.create_task(server.lost())
            done, _ = await asyncio.wait([watched], timeout=2 * SILENT_FOR_S)
            assert not done, "it answers, and is taken for lost"
            process.send_signal(then)
            told = await asyncio.wait_for(watched, 30)
        finally:
            await server.stop()
        return told, process.returncode

    return asyncio.run(live())


def test_one_that_ends_is_lost_by_its_return_code(settings):
    assert lived(settings, HEALTHY, signal.SIGKILL) == ("ended with -9", -9)


def test_one_that_hangs_is_lost_after_a_while_and_can_be_ended(settings, monkeypatch):
    monkeypatch.setattr(prefect_server, "ENDS_WITHIN_S", 0.5)
    assert lived(settings, HEALTHY, signal.SIGSTOP) == ("has not answered for 1 s", -9)


def test_one_that_ends_before_it_is_ready_says_where_to_look(settings):
    with pytest.raises(SetupError, match=r"^Prefect server ended with 3 before it was ready; .*prefect-server\.log says why$"):
        lived(settings, "raise SystemExit(3)", signal.SIGKILL)


@pytest.mark.slow
def test_it_waits_ten_seconds_for_a_lock_of_its_database(tmp_path):
    asked = subprocess.run([sys.executable, "-c", WAITS_MS, str(tmp_path)], check=True, capture_output=True, text=True, timeout=120)
    assert asked.stdout == "10000\n"
