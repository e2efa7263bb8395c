"""Bodies: unpacked within a bound, and refused where they nest too deeply, before anything is parsed."""

import gzip
import json

import pytest

from deployments.http.bodies import MOST_DEEP, depth
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


@pytest.mark.parametrize("content", [b"{}", gzip.compress(b"{}")[:-4], b""], ids=["no gzip", "cut off", "empty"])
def test_what_is_no_gzip_is_400(client, content):
    told = client.post(REGISTER, content=content, headers=GZIP)
    assert (told.status_code, told.json()["code"]) == (400, "unreadable-body")


def test_another_packing_is_415(client):
    told = client.post(REGISTER, content=b"{}", headers={"Content-Encoding": "br"})
    assert (told.status_code, told.json()["code"]) == (415, "unsupported-encoding")


@pytest.mark.parametrize("content", [b"[" * 2**23, b'{"a":' * 10**6, b"[" * (MOST_DEEP + 1)], ids=["lists", "objects", "one too deep"])
def test_a_body_that_nests_too_deeply_is_413(client, content):
    told = client.post(REGISTER, content=content)
    assert (told.status_code, told.json()["code"]) == (413, "too-large")
    assert "send it flatter" in told.json()["detail"]


def test_brackets_in_a_prompt_are_no_depth(client):
    told = client.post(REGISTER, json=BODY | {"systemPrompt": '[{"' * 1000 + "\\"})
    assert told.status_code == 200


@pytest.mark.parametrize(("body", "deep"), [(b"", 0), (b'"[[["', 0), (b'"\\"[[["', 0), (b"[[],[[]]]", 3), (b'{"a[":{}}', 2), (b'"[[', 0)])
def test_the_depth_is_that_of_lists_and_objects_outside_of_strings(body, deep):
    assert depth(body) == deep
