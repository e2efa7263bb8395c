import json
from io import BytesIO

import pytest

from lifecycle_core.traffic import records as records_module
from lifecycle_core.traffic.records import records
from lifecycle_core.traffic.refusals import Refusal


def read(body):
    return [(it.line, it.values.sentence if isinstance(it.values, Refusal) else it.values) for it in records(BytesIO(body))]


def test_a_line_is_a_record():
    assert read(b'{"a": 1}\n{"a": 2}\n') == [(1, {"a": 1}), (2, {"a": 2})]


@pytest.mark.parametrize("body", [b'[{"a": 1}, {"a": 2}]', b' \n[\n  {"a": 1},\n  {"a": 2}\n]\n'])
def test_an_array_is_read_by_its_elements(body):
    assert read(body) == [(1, {"a": 1}), (2, {"a": 2})]


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (b'{"a": 1, "b', "the record is cut in the middle; a line must hold one whole JSON object"),
        (b'"text"', 'the record is "text"; a line must hold one whole JSON object'),
        (b"nope", 'the record is no JSON at character 2 (expected ident): "nope"; a line must hold one whole JSON object'),
        (b'{"a": NaN}', "the record is no JSON at character 7"),
        (b'{"a": "\\ud800"}', "the record is no JSON at character"),
        (b"\xff\xfe{", "the record is no JSON at character 1"),
        (b"{" * 3000, "the record is no JSON at character"),
        (b'{"a":' * 3000, "the record is no JSON at character"),
    ],
)
def test_a_line_that_is_no_object_is_refused_and_the_next_is_read(line, told):
    first, second = read(line + b'\n{"a": 2}')
    assert first[1].startswith(told)
    assert second == (2, {"a": 2})


def test_of_a_truncated_array_all_but_the_last_element_is_given_and_the_break_told():
    body = json.dumps([{"a": number} for number in range(10)]).encode()
    told = read(body[:-5])
    assert told[:-1] == [(number + 1, {"a": number}) for number in range(len(told) - 1)]
    assert len(told) == 10
    assert "the JSON array ends in the middle" in told[-1][1]


def test_a_broken_array_is_refused_as_a_whole():
    assert "no JSON at character" in read(b'[{"a": 1}, nope]')[0][1]


def test_an_element_that_is_no_object_is_refused_alone():
    assert [it[0] for it in read(b'[1, {"a": 2}]')] == [1, 2]


def test_an_array_past_the_limit_is_refused_with_the_remedy(monkeypatch):
    monkeypatch.setattr(records_module, "MAX_ARRAY_BYTES", 10)
    assert "write one record a line" in read(b'[{"a": 1}, {"a": 2}]')[0][1]
