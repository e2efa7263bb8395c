"""The active prompt: fresh while the server answers, and there when it does not."""

import threading
import time

import pytest

from lifecycle_client import Client, NoPromptError
from lifecycle_core.operations import versions
from tasks import context
from tests.client.servers import real_api, scripted
from tests.served import until

GONE = (404, {"code": "unknown-variant"})


@pytest.fixture
def server():
    with scripted() as it:
        yield it


@pytest.fixture
def client(server, tmp_path):
    with Client(server.url, cache_dir=tmp_path / "cache", ttl_s=0.2, timeout_s=0.5) as it:
        yield it


def test_a_prompt_within_its_age_asks_nobody(client, server):
    told = [client.active_prompt("baseline") for _ in range(50)]
    assert [told[0].source, told[-1].source] == ["fresh", "cache"]
    assert server.gets == 1
    assert str(told[0]) == "Be kind."


@pytest.fixture
def patient(server, tmp_path):
    """A client whose prompts age slowly: on a busy machine, too, a call comes before they are too old."""
    with Client(server.url, cache_dir=tmp_path / "cache", ttl_s=4.0, timeout_s=30.0) as it:
        yield it


def test_past_half_its_age_it_is_asked_for_behind_the_caller(patient, server):
    patient.active_prompt("baseline")
    server.get, server.hangs_s = (200, {"systemPrompt": "Be brief.", "version": 2}), 0.2
    time.sleep(2.1)
    assert patient.active_prompt("baseline").version == 1
    until(lambda: server.gets == 2)
    until(lambda: patient.active_prompt("baseline").version == 2)


def test_past_its_age_no_call_is_served_it_while_the_server_answers(client, server):
    client.active_prompt("baseline")
    server.get = (200, {"systemPrompt": "Be brief.", "version": 2})
    time.sleep(0.3)
    assert client.active_prompt("baseline").version == 2


def test_what_has_not_changed_is_confirmed_by_its_etag(client, server):
    server.headers = {"ETag": '"abc"'}
    client.active_prompt("baseline")
    server.get = (304, b"")
    time.sleep(0.3)
    told = client.active_prompt("baseline")
    assert (told.text, told.source) == ("Be kind.", "fresh")


@pytest.mark.parametrize("answer", [(500, {}), (200, b"<html>"), (200, {"version": "x"}), (404, {}), (401, {"code": "no"})], ids=str)
def test_a_server_that_fails_takes_no_prompt_away(client, server, answer):
    client.active_prompt("baseline")
    server.get = answer
    time.sleep(0.3)
    told = client.active_prompt("baseline", fallback="not this one")
    assert (told.text, told.source) == ("Be kind.", "stale")
    assert told.age_s > 0.2


def test_a_server_that_hangs_costs_a_call_a_quarter_of_a_second_at_most(client, server):
    client.active_prompt("baseline")
    server.hangs_s = 5.0
    time.sleep(0.3)
    client.active_prompt("baseline")
    time.sleep(0.6)
    began = time.monotonic()
    assert client.active_prompt("baseline").source == "stale"
    assert time.monotonic() - began < 0.45


def test_it_comes_back_when_the_server_does(client, server):
    client.active_prompt("baseline")
    server.get = (500, {})
    time.sleep(0.3)
    client.active_prompt("baseline")
    server.get = (200, {"systemPrompt": "Be brief.", "version": 2})
    time.sleep(0.3)
    assert client.active_prompt("baseline").version == 2


def test_the_next_process_has_the_last_prompt_though_the_server_is_away(server, tmp_path):
    with Client(server.url, cache_dir=tmp_path) as first:
        first.active_prompt("baseline/ü")
    with Client("http://127.0.0.1:9", cache_dir=tmp_path) as second:
        told = second.active_prompt("baseline/ü", fallback="no")
    assert (told.text, told.version, told.source) == ("Be kind.", 1, "disk")
    [kept] = tmp_path.glob("prompt-*.json")
    assert kept.stat().st_mode & 0o777 == 0o600


def test_a_damaged_file_is_as_none(server, tmp_path):
    with Client(server.url, cache_dir=tmp_path) as first:
        first.active_prompt("baseline")
    [kept] = tmp_path.glob("prompt-*.json")
    kept.write_text("{")
    with Client("http://127.0.0.1:9", cache_dir=tmp_path) as second:
        assert second.active_prompt("baseline", fallback="Be there.").source == "fallback"


def test_what_the_server_says_is_gone_is_forgotten_everywhere(client, server, tmp_path):
    client.active_prompt("baseline")
    server.get = GONE
    time.sleep(0.3)
    with pytest.raises(NoPromptError):
        client.active_prompt("baseline")
    assert client.active_prompt("baseline", fallback="Be there.").text == "Be there."
    assert list((tmp_path / "cache").glob("prompt-*.json")) == []


def test_many_threads_ask_once(patient, server):
    server.hangs_s = 0.1
    told = []
    threads = [threading.Thread(target=lambda: told.append(patient.active_prompt("baseline").version)) for _ in range(20)]
    for it in threads:
        it.start()
    for it in threads:
        it.join()
    assert (told, server.gets) == ([1] * 20, 1)


def test_a_ttl_past_five_seconds_is_refused(tmp_path):
    with pytest.raises(ValueError, match="ttl_s is 60"):
        Client(ttl_s=60, cache_dir=tmp_path)


def test_against_the_real_api_a_switch_arrives_by_etag(tmp_path, monkeypatch, sqlite_template):
    monkeypatch.setenv("LIFECYCLE_DATA_DIR", str(tmp_path / "data"))
    context.configure()
    database, act = context.database(), context.act("test")
    for text in ("Be kind.", "Be brief."):
        versions.register(database, act, variant="baseline", system_prompt=text, model="m", parameters={"temperature": 0.2})
    versions.activate(database, act, "baseline", 1)
    with real_api() as url, Client(url, cache_dir=tmp_path / "cache", ttl_s=0.2, timeout_s=30) as client:
        first = client.active_prompt("baseline")
        time.sleep(0.25)
        again = client.active_prompt("baseline")
        versions.activate(database, act, "baseline", 2)
        time.sleep(0.25)
        switched = client.active_prompt("baseline")
        assert (first.version, again.etag, switched.version) == (1, first.etag, 2)
        assert (first.model, first.parameters) == ("m", {"temperature": 0.2})
    database.close()
    monkeypatch.undo()
    context.configure()
