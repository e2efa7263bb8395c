"""The fingerprint of a shadow test's evidence."""

from dataclasses import replace
from datetime import UTC, datetime
from math import nextafter

import pytest

from benchmarks._sessions import proved
from lifecycle_core.errors import InvalidInputError
from lifecycle_core.policy import Policy
from lifecycle_core.provenance import Provenance
from lifecycle_core.retraining.analysis import analyze
from lifecycle_core.retraining.errors import StaleEvidenceError
from lifecycle_core.retraining.fingerprint import expect_same, fingerprint
from lifecycle_core.versions.version import Version

NOON = datetime(2025, 10, 7, 12, tzinfo=UTC)
SAMPLES = proved(Provenance("test", NOON), 100)
ANALYSIS = analyze(SAMPLES, Policy())
ONE, TWO = (Version(variant_name="a", version=it, system_prompt="", content_hash=f"hash {it}", created_at=NOON) for it in (1, 2))
KNOWN = fingerprint(ANALYSIS, SAMPLES, ONE, TWO)


def test_the_same_evidence_in_any_order_has_the_same_fingerprint():
    assert fingerprint(ANALYSIS, SAMPLES[::-1], ONE, TWO) == KNOWN


def test_a_version_s_tags_and_activation_are_no_evidence():
    assert fingerprint(ANALYSIS, SAMPLES, replace(ONE, tags={"stable": ""}, is_active=True), TWO) == KNOWN


def test_samples_past_the_verdict_are_no_evidence():
    later = proved(Provenance("test", NOON.replace(day=9)), 1)
    assert fingerprint(ANALYSIS, [*SAMPLES, replace(later[0], scenario_id="later")], ONE, TWO) == KNOWN


@pytest.mark.parametrize(
    ("analysis", "samples", "candidate"),
    [
        (replace(ANALYSIS, e_better=nextafter(ANALYSIS.e_better, 0)), SAMPLES, TWO),
        (ANALYSIS, [replace(SAMPLES[0], incumbent=SAMPLES[0].candidate), *SAMPLES[1:]], TWO),
        (ANALYSIS, SAMPLES[1:], TWO),
        (ANALYSIS, SAMPLES, replace(TWO, content_hash="another")),
    ],
    ids=["a figure", "a sample", "one sample fewer", "the candidate"],
)
def test_other_evidence_has_another_fingerprint(analysis, samples, candidate):
    assert fingerprint(analysis, samples, ONE, candidate) != KNOWN


@pytest.mark.parametrize("given", [KNOWN, KNOWN[:8], KNOWN[:12].upper()])
def test_its_first_eight_characters_name_it(given):
    expect_same(given, KNOWN, "retrain_a_1")


def test_another_one_is_refused_with_what_to_do():
    with pytest.raises(StaleEvidenceError, match=r"evidence 000000000000, and that of session retrain_a_1 is .*; look at the review again"):
        expect_same("0" * 64, KNOWN, "retrain_a_1")


def test_too_few_characters_name_nothing():
    with pytest.raises(InvalidInputError, match="give its first 8 characters at least"):
        expect_same(KNOWN[:7], KNOWN, "retrain_a_1")
