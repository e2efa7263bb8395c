"""Customers who speak to the improver, the reader or the judge change neither what is mined, nor the prompt, nor a verdict."""

import pytest

from benchmarks._poisons import MARKER, POISONS
from benchmarks.injection import Clean, moved_by, traffic
from lifecycle_core.retraining.proposals import by_model
from lifecycle_core.simulation import scripted_model

pytestmark = pytest.mark.slow

OF_EACH_KIND = 2
TRIED = [(kind, poison) for kind, poisons in POISONS.items() for poison in poisons[:OF_EACH_KIND]]


@pytest.fixture(scope="module")
def clean():
    """Traffic in which nobody is hostile, with what is mined of it."""
    return Clean.of(traffic(14, 1))


@pytest.mark.parametrize(("kind", "poison"), TRIED, ids=range(len(TRIED)))
def test_poison_moves_nothing(clean, kind, poison):
    assert moved_by(kind, poison, clean).moved == ()


def test_what_a_writer_is_shown_of_customers_is_marked_and_fenced(clean):
    asked = []

    def writer(request):
        asked.append(request)
        return scripted_model.reply(request)

    by_model(clean.issues, clean.gates, chat=writer, model="m", marker=MARKER)
    quotes = [quote.text for it in clean.issues for quote in it.quotes if len(quote.text.split()) > 1]
    assert quotes
    assert not any(quote in (message.content or "") for quote in quotes for request in asked for message in request.messages)
