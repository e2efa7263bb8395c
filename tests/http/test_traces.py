"""OTLP/HTTP, as exporters send it."""

import json
from base64 import b64encode

import pytest
from google.protobuf.json_format import Parse
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest, ExportTraceServiceResponse

from lifecycle_core.operations import traffic
from lifecycle_core.operations.database import verify
from lifecycle_core.traffic.posted_traces import PROTOBUF
from tasks import context
from tests.posts import SPAN, TRACES

PATH = "/v1/traces"


def traces(*spans):
    return {"resourceSpans": [{"scopeSpans": [{"spans": list(spans)}]}]}


def protobuf(*spans):
    """The same as an exporter encodes it: ids are bytes, which protobuf's own JSON writes in base64."""
    ids = ("traceId", "spanId", "parentSpanId")
    packed = [{**it, **{name: b64encode(bytes.fromhex(it[name])).decode() for name in ids if name in it}} for it in spans]
    return Parse(json.dumps(traces(*packed)), ExportTraceServiceRequest()).SerializeToString()


def kept():
    return verify(context.database()).conversations


def test_a_trace_becomes_a_conversation(client):
    said = client.post(PATH, json=TRACES)
    assert (said.status_code, said.json()) == (200, {})
    assert kept() == 1


def test_protobuf_is_taken_and_answered_in_protobuf(client):
    said = client.post(PATH, content=protobuf(SPAN), headers={"Content-Type": PROTOBUF})
    assert (said.status_code, said.headers["Content-Type"]) == (200, PROTOBUF)
    assert not ExportTraceServiceResponse.FromString(said.content).HasField("partial_success")
    assert kept() == 1


def test_the_same_trace_in_either_encoding_is_one_conversation(client):
    client.post(PATH, json=TRACES)
    client.post(PATH, content=protobuf(SPAN), headers={"Content-Type": PROTOBUF})
    assert kept() == 1


def test_a_trace_that_is_cut_is_refused_in_part_quarantined_and_told_how_to_be_whole(client):
    said = client.post(PATH, json=traces(SPAN, {**SPAN, "traceId": "ab" * 16, "parentSpanId": "cd" * 8})).json()["partialSuccess"]
    assert said["rejectedSpans"] == "1"
    assert "groupbytrace" in said["errorMessage"]
    assert kept() == 1
    assert [it.source for it in traffic.quarantined(context.database(), 9)] == ["POST /v1/traces"]


@pytest.mark.parametrize("entry", [{"kind": 2}, {"flags": 0x300}], ids=["a server's span", "a remote parent"])
def test_a_trace_that_another_program_began_is_whole(client, entry):
    assert client.post(PATH, json=traces({**SPAN, "parentSpanId": "cd" * 8, **entry})).json() == {}
    assert kept() == 1


def test_a_trace_without_a_model_passes_and_is_not_kept(client):
    assert client.post(PATH, json=traces({**SPAN, "attributes": []})).json() == {}
    assert kept() == 0


@pytest.mark.parametrize(
    ("body", "content_type"),
    [(b"\xff\xff\xff", PROTOBUF), (b"[]", "application/json"), (b'{"resourceSpans": 7}', "application/json"), (b"{", "application/json")],
)
def test_what_is_no_export_is_refused(client, body, content_type):
    said = client.post(PATH, content=body, headers={"Content-Type": content_type})
    assert (said.status_code, said.json()["code"]) == (422, "invalid-input")
