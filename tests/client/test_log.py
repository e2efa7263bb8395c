"""Conversations: kept before the call returns, sent in batches, and never lost by a server or a process that goes away."""

import json
import logging
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from lifecycle_client import Client
from tests.client.servers import scripted

ROOT = Path(__file__).parents[2]
AWAY = "http://127.0.0.1:9"


@pytest.fixture
def server():
    with scripted() as it:
        yield it


def ids(server):
    return sorted(it["id"] for batch in server.posted for it in batch)


def waiting(folder):
    return sorted(json.loads(line)["id"] for path in (folder / "spool").glob("segment-*") for line in path.read_text().splitlines())


def test_records_are_sent_in_batches_with_what_is_missing_filled_in(server, tmp_path):
    with Client(server.url, cache_dir=tmp_path) as client:
        client.active_prompt("baseline")
        for number in range(250):
            assert client.log_conversation({"variant": "baseline", "id": f"c{number:03}", "booked": True})
    assert ids(server) == [f"c{number:03}" for number in range(250)]
    assert max(map(len, server.posted)) <= 100
    assert {it["version"] for batch in server.posted for it in batch} == {1}
    assert all(it["ended_at"].endswith("+00:00") for batch in server.posted for it in batch)
    assert waiting(tmp_path) == []


def test_what_a_process_could_not_send_the_next_one_does(server, tmp_path):
    with Client(AWAY, cache_dir=tmp_path) as client:
        client.log_conversation({"variant": "baseline", "id": "a"})
        client.close(within_s=0.1)
    assert waiting(tmp_path) == ["a"]
    with Client(server.url, cache_dir=tmp_path) as client:
        client.log_conversation({"variant": "baseline", "id": "b"})
    assert (ids(server), waiting(tmp_path)) == (["a", "b"], [])


def test_a_killed_process_loses_nothing(server, tmp_path):
    code = (
        "import os, sys\nfrom lifecycle_client import Client\n"
        f"client = Client({AWAY!r}, cache_dir={str(tmp_path)!r})\n"
        "for number in range(500):\n    client.log_conversation({'variant': 'baseline', 'id': f'{number:03}'})\n"
        "print('done', flush=True)\nos.kill(os.getpid(), 9)\n"
    )
    ended = subprocess.run([sys.executable, "-S", "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (ended.stdout, ended.returncode) == ("done\n", -signal.SIGKILL)
    with Client(server.url, cache_dir=tmp_path) as client:
        wait(lambda: len(ids(server)) == 500 and client.stats().waiting_bytes == 0)


def test_at_exit_what_can_be_sent_is_sent(server, tmp_path):
    code = (
        "from lifecycle_client import Client\n"
        f"Client({server.url!r}, cache_dir={str(tmp_path)!r}).log_conversation({{'variant': 'baseline', 'id': 'last'}})\n"
    )
    subprocess.run([sys.executable, "-S", "-c", code], cwd=ROOT, check=True)
    assert ids(server) == ["last"]


def test_a_living_process_keeps_its_own(server, tmp_path):
    with Client(AWAY, cache_dir=tmp_path) as one, Client(server.url, cache_dir=tmp_path) as two:
        one.log_conversation({"variant": "baseline", "id": "one"})
        two.log_conversation({"variant": "baseline", "id": "two"})
        wait(lambda: two.stats().waiting_bytes == 0)
        assert ids(server) == ["two"]
        one.close(within_s=0.1)
    assert waiting(tmp_path) == ["one"]


def test_a_refused_record_is_set_aside_and_stops_no_other(server, tmp_path, caplog):
    server.refuses = "c37"
    with Client(server.url, cache_dir=tmp_path) as client:
        for number in range(80):
            client.log_conversation({"variant": "baseline", "id": f"c{number:02}", "goal": "secret words"})
        wait(lambda: client.stats().waiting_bytes == 0)
        assert (client.stats().sent, client.stats().rejected) == (79, 1)
    [aside] = map(json.loads, (tmp_path / "rejected.jsonl").read_text().splitlines())
    assert (aside["record"]["id"], aside["reason"]) == ("c37", "c37 is wrong")
    assert "secret words" not in caplog.text


def test_a_batch_that_is_too_large_is_halved(server, tmp_path):
    server.too_many = 10
    with Client(server.url, cache_dir=tmp_path) as client:
        for number in range(64):
            client.log_conversation({"variant": "baseline", "id": f"{number:02}"})
    assert len(ids(server)) == 64


def test_a_server_that_is_busy_is_asked_again(server, tmp_path):
    server.post = (503, {"code": "database-unavailable"})
    with Client(server.url, cache_dir=tmp_path) as client:
        client.log_conversation({"variant": "baseline", "id": "a"})
        wait(lambda: client.stats().attempts_failed)
        server.post = (200, {})
        wait(lambda: client.stats().waiting_bytes == 0)
    assert ids(server) == ["a"]


def test_past_its_bound_a_record_is_not_kept_and_that_is_told_once(tmp_path, caplog):
    with Client(AWAY, cache_dir=tmp_path, max_spool_bytes=300) as client, caplog.at_level(logging.WARNING):
        kept = [client.log_conversation({"variant": "baseline"}) for _ in range(10)]
        assert kept.count(False) == client.stats().dropped > 5
        client.close(within_s=0.0)
    assert caplog.text.count("cannot be kept") == 1


def test_a_forked_process_has_its_own(server, tmp_path):
    with Client(server.url, cache_dir=tmp_path) as client:
        client.log_conversation({"variant": "baseline", "id": "parent"})
        child = os.fork()
        if child == 0:
            client.log_conversation({"variant": "baseline", "id": "child"})
            client.close()
            os._exit(0)
        os.waitpid(child, 0)
    assert ids(server) == ["child", "parent"]


def test_a_line_that_a_crash_cut_off_is_passed_over(server, tmp_path):
    (tmp_path / "spool").mkdir(parents=True)
    (tmp_path / "spool" / "segment-1-x.jsonl").write_bytes(b'{"id":"whole","variant":"b"}\n{"id":"cut')
    with Client(server.url, cache_dir=tmp_path):
        wait(lambda: server.posted)
    assert ids(server) == ["whole"]


@pytest.mark.parametrize("record", [{}, {"variant": ""}, {"variant": 7}])
def test_a_record_without_a_variant_is_a_mistake_in_the_agent(tmp_path, record):
    with Client(AWAY, cache_dir=tmp_path) as client, pytest.raises(ValueError, match="variant"):
        client.log_conversation(record)


def wait(ask, within_s=10.0):
    deadline = time.monotonic() + within_s
    while not ask():
        assert time.monotonic() < deadline
        time.sleep(0.02)
