"""The picture of a shadow test's evidence: an SVG that holds every line, and the same bytes each time."""

from xml.etree import ElementTree as ET

import pytest

from deployments.plots.evidence import LINES, drawn
from lifecycle_core.retraining.curve import Curve, curve
from tests.core.retraining.shadow_samples import POLICY, samples_of

CURVE = curve(samples_of(120, a=(3,), b=(4, 3)), POLICY)


def test_the_same_evidence_gives_the_same_bytes():
    assert drawn(CURVE, "a", "svg") == drawn(CURVE, "a", "svg")


@pytest.mark.parametrize("name", [f"evidence-{it[0]}" for it in LINES] + ["rate-incumbent_rate", "rate-candidate_rate"])
def test_each_line_is_in_it(name):
    picture = ET.fromstring(drawn(CURVE, "a", "svg"))  # noqa: S314 - our own

    assert any(it.get("id") == name for it in picture.iter())


def test_a_title_that_looks_like_formulas_is_told_as_it_is():
    assert b"a$x$b_c" in drawn(CURVE, "a$x$b_c", "svg")


def test_a_test_without_samples_is_drawn_too():
    assert drawn(Curve(points=(), level=20.0, futility_level=10.0), "none", "png").startswith(b"\x89PNG")
