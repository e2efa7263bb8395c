"""Masking on conversations that were written without its rules in mind; all names, addresses and e-mails in them are invented."""

import re
from collections import Counter, defaultdict

import pytest

from lifecycle_core.privacy.detectors import Kind
from lifecycle_core.privacy.masking import Masker, find

pytestmark = [pytest.mark.data, pytest.mark.slow]

MASK = Masker(b"a secret")
TOLD = {
    "name": (re.compile(r'"first_name": "(\w+)", "last_name": "(\w+)"'), 0.98),
    "street": (re.compile(r'"address1": "([^"]+)"'), 0.95),
    "zip": (re.compile(r'"zip": "(\d+)"'), 0.94),
}
"""What the shop's own records say of its customers, and the least share of it that must be masked where customer or agent say it."""
SPOKEN = {"user", "assistant"}


def test_what_the_shops_records_know_of_a_customer_is_masked_where_it_is_said(conversations):
    said, left = Counter(), Counter()
    for it in conversations("tau2.jsonl.gz")[::6]:
        known = defaultdict(set)
        for message in it.messages:
            for kind, (pattern, _) in TOLD.items():
                known[kind] |= {" ".join(match.groups()) for match in pattern.finditer(message.get("content") or "")}
        for before, after in zip(it.messages, MASK.conversation(it).messages, strict=True):
            if before["role"] in SPOKEN:
                for kind, values in known.items():
                    said[kind] += sum((before.get("content") or "").count(value) for value in values)
                    left[kind] += sum((after.get("content") or "").count(value) for value in values)
    assert min(said[kind] for kind in TOLD) > 100
    assert {kind: 1 - left[kind] / said[kind] for kind, (_, least) in TOLD.items() if 1 - left[kind] / said[kind] < least} == {}


def test_numbers_of_items_flights_and_bookings_are_left_alone(conversations):
    texts = [
        message.get("content") or "" for it in conversations("tau2.jsonl.gz")[::6] for message in it.messages if message["role"] in SPOKEN
    ]
    found = Counter(it.kind for text in texts for it in find(text))
    assert found[Kind.PHONE] + found[Kind.CARD] + found[Kind.IBAN] + found[Kind.SSN] <= len(texts) / 1_000
