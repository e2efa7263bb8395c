"""Bodies: unpacked within a bound, and refused where they nest too deeply, before anything is parsed."""

import gzip
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deployments.http.bodies import FREE_BYTES, MOST_DEEP, depth
from lifecycle_core.traffic.lines import MAX_EXPANSION
from lifecycle_core.traffic.posted import MAX_BODY_BYTES

REGISTER = "/api/lifecycle/versions/register"
BODY = {"variantName": "baseline", "systemPrompt": "be kind"}
GZIP = {"Content-Encoding": "gzip"}


def test_a_gzipped_body_is_read(client):
    told = client.post(REGISTER, content=gzip.compress(json.dumps(BODY).encode()), headers=GZIP)
    assert (told.status_code, told.json()["systemPrompt"]) == (200, "be kind")


def test_what_unpacks_past_the_bound_is_413_however_small_it_is(client):
    told = client.post(REGISTER, content=gzip.compress(b" " * (MAX_BODY_BYTES + 1)), headers=GZIP)
    assert (told.status_code, told.json()["code"]) == (413, "too-large")


def test_a_body_is_counted_by_what_it_unpacks_to(client):
    bomb = gzip.compress(b"[" * FREE_BYTES + b" ")
    assert len(bomb) * MAX_EXPANSION < FREE_BYTES
    told = client.post(REGISTER, content=bomb, headers=GZIP)
    assert (told.status_code, told.json()["detail"].partition(" times")[0]) == (413, f"the body grows over {MAX_EXPANSION}")


PACKED = gzip.compress(b"{}")


@pytest.mark.parametrize(
    "content", [b"{}", PACKED[:-4], b"", PACKED + b"more", PACKED * 2], ids=["no gzip", "cut off", "empty", "goes on", "two"]
)
def test_what_is_no_gzip_is_400(client, content):
    told = client.post(REGISTER, content=content, headers=GZIP)
    assert (told.status_code, told.json()["code"]) == (400, "unreadable-body")


@pytest.mark.parametrize("packing", ["br", "gzip, gzip", "deflate"])
def test_another_packing_is_415_and_told_which_one_is_read(client, packing):
    told = client.post(REGISTER, content=b"{}", headers={"Content-Encoding": packing})
    assert (told.status_code, told.json()["code"], told.headers["Accept-Encoding"]) == (415, "unsupported-encoding", "gzip")


@pytest.mark.parametrize("content", [b"[" * 2**23, b'{"a":' * 10**6, b"[" * (MOST_DEEP + 1)], ids=["lists", "objects", "one too deep"])
def test_a_body_that_nests_too_deeply_is_413(client, content):
    told = client.post(REGISTER, content=content)
    assert (told.status_code, told.json()["code"]) == (413, "too-deep")
    assert "send it flatter" in told.json()["detail"]


def test_brackets_in_a_prompt_are_no_depth(client):
    told = client.post(REGISTER, json=BODY | {"systemPrompt": '[{"' * 1000 + "\\"})
    assert told.status_code == 200


@pytest.mark.parametrize(
    ("body", "deep"),
    [
        (b"", 0),
        (b'"[[["', 0),
        (b'"\\"[[["', 0),
        (b'"\\\\"[[[', 3),
        (b'"\\\\\\"[[[', 0),
        (b"[[],[[]]]", 3),
        (b'{"a[":{}}', 2),
        (b'"[[', 0),
    ],
)
def test_the_depth_is_that_of_lists_and_objects_outside_of_strings(body, deep):
    assert depth(body) == deep


@given(
    st.recursive(
        st.text('[]{}"\\'),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text('[]{}"\\', max_size=3), inner),
        max_leaves=20,
    )
)
def test_the_depth_is_the_one_that_a_parser_finds(value):
    def found(it):
        inside = it.values() if isinstance(it, dict) else it if isinstance(it, list) else None
        return 0 if inside is None else 1 + max(map(found, inside), default=0)

    assert depth(json.dumps(value).encode()) == found(value)


def test_a_string_that_never_ends_is_read_once():
    assert depth(b'"' + b'\\"' * MAX_BODY_BYTES) == 0  # where it is begun anew at each quote this takes a year


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999"])
@pytest.mark.parametrize("free", ["parameters", "metadata"])
def test_a_number_that_is_none_is_refused(client, free, number):
    body = f'{{"variantName": "baseline", "systemPrompt": "be kind", "{free}": {{"temperature": {number}}}}}'
    told = client.post(REGISTER, content=body)
    assert told.status_code == 422
    assert client.get("/api/lifecycle/versions/list").json()["variants"] == []


def test_half_a_body_is_none_and_is_told_as_closed(client, caplog):
    caplog.set_level("INFO", "deployments.http")
    sent, parts = [], iter([b'{"id": "c1", "variant": "v", "ended_at": "2025-10-07T12:00:00Z"}\n'])

    async def receive():
        part = next(parts, None)
        return {"type": "http.disconnect"} if part is None else {"type": "http.request", "body": part, "more_body": True}

    async def send(message):
        sent.append(message)

    headers = [(b"host", b"localhost"), (b"content-type", b"application/x-ndjson")]
    scope = {"type": "http", "method": "POST", "path": "/api/lifecycle/conversations", "query_string": b"", "headers": headers}
    client.portal.call(client.app, scope, receive, send)
    assert (sent, [it.status for it in caplog.records]) == ([], [499])
