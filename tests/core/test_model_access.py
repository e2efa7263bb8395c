import pytest

from lifecycle_core.errors import InvalidInputError
from lifecycle_core.settings import ModelAccess, Settings


def test_without_endpoint_and_key_no_model_is_reached():
    assert Settings.read({"LIFECYCLE_MODEL": "m"}).models is None


def test_a_key_alone_reaches_the_protocols_own_endpoint():
    assert ModelAccess.read({"OPENAI_API_KEY": "sk-1"}).base_url == "https://api.openai.com/v1"


def test_our_own_variables_win_over_those_of_other_programs():
    access = ModelAccess.read({"LIFECYCLE_OPENAI_BASE_URL": "http://a/v1/", "OPENAI_BASE_URL": "http://b", "OPENAI_API_KEY": "sk-1"})
    assert (access.base_url, access.api_key) == ("http://a/v1", "none")


def test_a_key_is_not_shown_with_the_settings():
    assert "sk-1" not in repr(Settings.read({"OPENAI_API_KEY": "sk-1"}))


@pytest.mark.parametrize("address", ["localhost:8000", "ftp://a", "http://", "http://[", "http://a:99999", "http://a:0"])
def test_an_address_that_cannot_be_asked_is_refused_without_being_told(address):
    with pytest.raises(InvalidInputError, match="OPENAI_BASE_URL is not an address") as refusal:
        ModelAccess.read({"OPENAI_BASE_URL": address})
    assert refusal.value.field == "OPENAI_BASE_URL"


@pytest.mark.parametrize(("name", "text"), [("LIFECYCLE_MODEL_TIMEOUT_SECONDS", "0"), ("LIFECYCLE_MODEL_RETRIES", "-1")])
def test_a_bound_that_cannot_be_meant_is_refused(name, text):
    with pytest.raises(InvalidInputError, match=name):
        ModelAccess.read({"OPENAI_API_KEY": "sk-1", name: text})
