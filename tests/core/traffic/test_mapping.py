from datetime import UTC, datetime

import pytest

from lifecycle_core.errors import InvalidInputError
from lifecycle_core.traffic.mapping import Mapping
from lifecycle_core.traffic.sources import Source


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ("cost", 1),
        ("usage.cost", 2),
        ("usage.deep.er", 3),
        ("gen_ai.cost", 4),
        ("usage.none", None),
        ("cost.none", None),
        ("none", None),
        (":7", "7"),
        ("", None),
    ],
)
def test_a_source_is_a_field_a_path_a_constant_or_nothing(source, value):
    row = {"cost": 1, "usage": {"cost": 2, "deep": {"er": 3}}, "gen_ai.cost": 4}
    assert Source.parse(source).of(row) == value


@pytest.mark.parametrize(
    ("maps", "told"),
    [
        (["bookd=success"], "did you mean 'booked'?"),
        (["zzz=success"], "its fields are id, "),
        (["ended_at_assumed=x"], "has no field 'ended_at_assumed'"),
        (["booked"], "write FIELD=SOURCE"),
        (["=x"], "write FIELD=SOURCE"),
        (["booked=a", "booked=b"], "given twice"),
        (["segments.a=x", "segments.a=y"], "given twice"),
        (["booked=:maybe"], "'maybe' is no value of booked; write it as JSON"),
        (["cost_usd=:-1"], "--map: cost_usd is -1; it must be 0 or more"),
        (["booked=:2"], "--map: booked is 2; it must be true, false, 1, 0 or null"),
        (["cost_source=:guessed"], "--map: cost_source is \"guessed\"; it must be 'billed' or 'priced'"),
        (["ended_at=:2025-10-07T12:00:00"], '--map: ended_at is "2025-10-07T12:00:00"; it has no zone'),
        (["segments.shop=:"], "it must not be empty"),
        (["segments.=shop"], "it must not be empty"),
    ],
)
def test_a_map_that_cannot_be_meant_is_refused_with_the_remedy(maps, told):
    with pytest.raises(InvalidInputError, match=told.replace("?", r"\?")):
        Mapping.parse(maps)


@pytest.mark.parametrize(("variant", "told"), [("", "it must not be empty"), ("\x9b31m", "printable"), ("v" * 201, "200 characters")])
def test_a_variant_that_is_no_name_is_refused(variant, told):
    with pytest.raises(InvalidInputError, match=f"--variant: variant is .*{told}"):
        Mapping.parse(variant=variant)


def test_constants_that_a_record_can_have_are_taken():
    maps = ["booked=:1", 'errors=:"agent_error"', "started_at=:2025-10-07T12:00:00", "escalated=:null", "segments.shop=:north"]
    assert Mapping.parse(maps, variant="baseline", zone="Europe/Berlin").sources["booked"].constant == 1


def test_a_variant_is_given_once():
    with pytest.raises(InvalidInputError, match="give one of them"):
        Mapping.parse(["variant=run"], variant="baseline")


@pytest.mark.parametrize("zone", ["Mars/Olympus", "", "../etc/passwd", "Europe"])
def test_a_zone_that_is_none_is_refused_with_the_remedy(zone):
    with pytest.raises(InvalidInputError, match="a name such as Europe/Berlin"):
        Mapping.parse(zone=zone)


def test_an_assumed_end_is_read_in_the_zone():
    assert Mapping.parse(zone="Europe/Berlin", ended_at="2025-10-07T14:00:00").ended_at == datetime(2025, 10, 7, 12, tzinfo=UTC)


@pytest.mark.parametrize("ended_at", ["2025-10-07T14:00:00", "soon"])
def test_an_assumed_end_that_is_no_instant_is_refused(ended_at):
    with pytest.raises(InvalidInputError, match="--ended-at is"):
        Mapping.parse(ended_at=ended_at)


@pytest.mark.parametrize("crash", ["termination", "=x", "termination="])
def test_a_crash_needs_a_source_and_a_value(crash):
    with pytest.raises(InvalidInputError, match="write SOURCE=VALUE"):
        Mapping.parse(crash_where=[crash])


def test_what_a_mapping_uses_are_the_fields_by_name_and_the_sources_it_names():
    mapping = Mapping.parse(["booked=success", "cost_usd=usage.cost", "started_at="], crash_where=["termination=error"])
    used = mapping.used
    assert {"success", "usage", "termination", "id", "escalated"} <= used
    assert not {"booked", "cost_usd", "started_at"} & used
