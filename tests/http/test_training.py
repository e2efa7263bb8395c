"""The route that hands out what a model can be tuned on."""

import json

import pytest

from tests.retrainable import ready

BASE = "/api/lifecycle/training/export"


@pytest.mark.slow
def test_an_export_is_lines_of_json_of_the_goals_that_were_asked_for(client, database):
    ready(database, "a")
    answers = {it: client.get(BASE, params={"name": "a", "format": "openai", "split": it}) for it in ("train", "select", "heldOut", "all")}
    lines = {name: [json.loads(line) for line in it.text.splitlines()] for name, it in answers.items()}
    assert {it.headers["Content-Type"] for it in answers.values()} == {"application/x-ndjson"}
    assert len(lines["all"]) == sum(len(lines[it]) for it in ("train", "select", "heldOut")) > len(lines["train"]) > 0
    assert client.get(BASE, params={"name": "a", "format": "openai"}).text == answers["train"].text


@pytest.mark.parametrize(
    ("asked", "status"), [({"name": "nobody", "format": "openai"}, 404), ({"name": "a", "format": "csv"}, 422), ({}, 422)]
)
def test_what_cannot_be_meant_is_refused(client, asked, status):
    assert client.get(BASE, params=asked).status_code == status
