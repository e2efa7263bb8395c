import gzip
from io import BytesIO

import pytest

from lifecycle_core.traffic import lines as lines_module
from lifecycle_core.traffic.lines import MAX_EXPANSION, MAX_LINE_BYTES, content, lines


def read(body):
    return [(line.number, line.content, line.refusal.sentence if line.refusal else None) for line in lines(content(BytesIO(body)))]


@pytest.mark.parametrize("body", [b"", b"\n", b" \r\n\t\n", gzip.compress(b"", mtime=0)])
def test_nothing_is_no_line(body):
    assert read(body) == []


def test_blank_lines_are_counted_and_not_read():
    assert read(b"a\n\n \nb") == [(1, b"a", None), (4, b"b", None)]


def test_a_byte_order_mark_is_no_part_of_the_first_line():
    assert read(b"\xef\xbb\xbfa\n") == [(1, b"a", None)]


@pytest.mark.parametrize("size", [1, 3, 1000, 300_000])
def test_lines_are_the_same_in_whatever_pieces_they_come(size):
    body = b"\n".join(str(number).encode() * 50 for number in range(3000))
    pieces = [body[start : start + size] for start in range(0, len(body), size)] if size > 1 else [bytes([it]) for it in body[:2000]]
    whole = body if size > 1 else body[:2000]
    assert [line.content for line in lines(pieces)] == whole.split(b"\n")


def test_gzip_is_known_by_its_first_bytes_and_may_have_many_members():
    assert read(gzip.compress(b"a\nb") + gzip.compress(b"c\n") + b"\0\0") == [(1, b"a", None), (2, b"bc", None)]


def test_all_before_the_end_of_a_truncated_gzip_is_given_and_the_break_told():
    body = gzip.compress(b"".join(b"line %d\n" % number for number in range(1000)))
    told = read(body[:-20])
    whole, broken = told[:-1], told[-1]
    assert len(whole) > 500
    assert all(line == b"line %d" % (number - 1) for number, line, _ in whole)
    assert "cut off; the gzip file ends in the middle" in broken[2]


def test_damage_inside_a_gzip_is_told():
    body = bytearray(gzip.compress(b"".join(b"line %d\n" % (number * 7919) for number in range(10_000))))
    body[len(body) // 2] ^= 0xFF
    assert "damaged" in read(bytes(body))[-1][2]


def test_what_follows_a_gzip_and_is_none_is_told():
    assert "damaged" in read(gzip.compress(b"a\n") + b"rubbish")[-1][2]


def test_a_line_past_the_limit_is_refused_and_those_around_it_are_read():
    long = b"x" * (MAX_LINE_BYTES + 1)
    told = read(b"a\n" + long + b"\nb\n")
    assert [number for number, _, _ in told] == [1, 2, 3]
    assert told[1][2] == "the record is over 8 MiB long; a line may hold 8 MiB; cut or drop its messages"
    assert len(told[1][1]) < MAX_LINE_BYTES


def test_a_gzip_that_grows_out_of_bounds_is_left_alone(monkeypatch):
    monkeypatch.setattr(lines_module, "FREE_EXPANSION", 2**20)
    bomb = gzip.compress(b"\n" * 2**24)
    assert len(bomb) * MAX_EXPANSION < 2**24
    assert "grows over 400 times" in read(bomb)[-1][2]
