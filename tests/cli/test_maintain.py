"""`lifecycle maintain`."""

import json

from tasks import context


def test_without_a_word_everything_is_kept(watched):
    assert "Everything is kept" in watched("maintain").stdout


def test_it_asks_before_anything_is_gone(watched):
    said = watched("maintain", "--conversations-days", 60)
    assert said.exit_code != 0
    assert watched("db", "verify").exit_code == 0
    assert json.loads(watched("status", "--json").stdout)["conversations"] == 840


def test_a_dry_run_counts_what_would_go(watched):
    said = watched("maintain", "--conversations-days", 60, "--dry-run")
    assert "840 conversations from before" in said.stdout
    assert "would be gone; their hourly sums stay" in said.stdout
    assert json.loads(watched("maintain", "--conversations-days", 60, "--dry-run", "--json").stdout)["letGo"][0]["conversations"] == 840


def test_what_is_let_go_is_told_and_logged_and_the_settings_will_do(watched, monkeypatch):
    monkeypatch.setenv("LIFECYCLE_KEEP_CONVERSATIONS_DAYS", "60")
    context.settings.cache_clear()
    said = watched("maintain", "--yes")
    assert "840 conversations from before" in said.stdout
    assert "Audit: " in said.stdout
    assert watched("db", "verify").exit_code == 0
