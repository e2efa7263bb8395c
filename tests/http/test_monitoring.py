"""What is shipped for Prometheus and Grafana reads metrics that there are, and covers what must not go unseen."""

import json
import re
from pathlib import Path

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from lifecycle_core.alerts.signals import Signal
from tests.http.test_metrics import checked

FOLDER = Path(__file__).parents[2] / "deployments" / "monitoring"
RULES = [it for group in yaml.safe_load((FOLDER / "rules.yaml").read_text())["groups"] for it in group["rules"]]
DASHBOARD = json.loads((FOLDER / "dashboard.json").read_text())
EXPRESSIONS = {it["alert"]: it["expr"] for it in RULES} | {
    it["title"]: target["expr"] for it in DASHBOARD["panels"] for target in it["targets"]
}


@pytest.fixture
def samples(client):
    """Every sample that is exposed, by its name."""
    checked(1)
    client.get("/healthz")
    told = {}
    for family in text_string_to_metric_families(client.get("/metrics").text):
        for it in family.samples:
            told.setdefault(it.name, []).append(it.labels)
    return told


def test_every_rule_and_panel_reads_a_metric_with_the_labels_that_it_has(samples):
    for name, expression in EXPRESSIONS.items():
        read = set(re.findall(r"agent_lifecycle_\w+", expression))
        assert read, name
        assert read <= set(samples), name
        labels = {label for metric in read for it in samples[metric] for label in it} | {"instance"}
        grouped = {it.strip() for by in re.findall(r"by \(([^)]*)\)", expression) for it in by.split(",")}
        chosen = set(re.findall(r"[{,](\w+)=~?\"", expression))
        assert grouped | chosen <= labels, name


def test_each_rule_says_what_to_do():
    for it in RULES:
        assert set(it["annotations"]) == {"summary", "description"}
        assert it["labels"]["severity"] in {"warning", "critical"}


def test_a_watch_that_is_away_or_stands_still_has_its_rule():
    assert {"AgentLifecycleAway", "AgentLifecycleWatchStalled"} <= {it["alert"] for it in RULES}


def test_every_signal_is_a_series(samples):
    assert {it["signal"] for it in samples["agent_lifecycle_alerting_signals"]} == {it.value for it in Signal}


def test_panels_have_ids_and_places_of_their_own():
    panels = DASHBOARD["panels"]
    assert len({it["id"] for it in panels}) == len({(it["gridPos"]["x"], it["gridPos"]["y"]) for it in panels}) == len(panels)
