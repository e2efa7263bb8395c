from datetime import timedelta

import pytest

from deployments.supervisor.deployments_file import FILE, deployments_of
from lifecycle_core.errors import SetupError


def test_every_entry_is_served_with_what_the_file_says_of_it():
    watch, *_ = deployments_of()
    assert (watch.flow_name, watch.name, watch.tags) == ("watch-drift", "watch-drift", ["watch"])
    assert [it.schedule.cron for it in watch.schedules] == ["5 * * * *"]
    assert watch.parameters == {"variant": ""}
    assert watch.description.startswith("**Checks every variant for drift")


def test_the_form_s_field_is_explained_by_the_flow_s_own_words():
    watch, *_ = deployments_of()
    assert watch._parameter_openapi_schema.properties["variant"]["description"] == "Only this one; leave empty for all."


def test_the_demo_s_interval_takes_the_place_of_the_hourly_schedule():
    watch, *_ = deployments_of(every_seconds=7)
    assert [it.schedule.interval for it in watch.schedules] == [timedelta(seconds=7)]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("deployments: [", "cannot be read"),
        ("name: x", "cannot be read"),
        ("deployments:\n  - name: a\n    triggers: []\n", "'a' of prefect.yaml has 'triggers', which would be lost"),
        ("deployments:\n  - name: a\n    concurrency_limit: 1\n", "'a' of prefect.yaml has 'concurrency_limit', which would be lost"),
    ],
)
def test_what_the_loader_does_not_understand_is_refused(tmp_path, text, said):
    (tmp_path / "prefect.yaml").write_text(text)
    with pytest.raises(SetupError, match=said):
        deployments_of(tmp_path / "prefect.yaml")


def test_a_file_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(SetupError, match=r"prefect\.yaml cannot be read"):
        deployments_of(tmp_path / FILE.name)
