"""What tests of the simulated endpoint share."""

import pytest

from deployments.simulated_endpoint.child import started
from tasks.llm import hang_up


@pytest.fixture(scope="module")
def address():
    """Where one is served, really; no connection to it is left open."""
    with started() as url:
        yield url
        hang_up()
