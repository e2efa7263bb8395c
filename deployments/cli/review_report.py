"""What a decision on a candidate rests on, for people: the verdict, the diff, and conversations of both versions side by side."""

from typing import TYPE_CHECKING

import click

from deployments.cli.retrain_report import show_analysis
from deployments.cli.shown import coloured, command, console, print_table, printable
from lifecycle_core.retraining.fingerprint import SHOWN
from lifecycle_core.versions.diff import diff

if TYPE_CHECKING:
    from lifecycle_core.operations.arms import Basis
    from lifecycle_core.replay.episode import Replay
    from lifecycle_core.retraining.shadow import Arm

MOST_CHARACTERS = 200
"""Of one message that are shown."""
WHO = {"user": "Customer", "assistant": "Agent"}
STYLES = {"+": "green", "-": "red", "@": "cyan"}


def show(shown: "Basis", most: int) -> None:
    """Print all of it, `most` pairs at most, and the commands that answer."""
    both, it = shown.arms, shown.arms.session
    if it.shadow_analysis is not None:
        show_analysis(it.shadow_analysis)
        for doubt in it.shadow_analysis.doubts:
            click.echo(f"Doubt: {printable(doubt)}")
    if both.candidate is not None:
        out = console()
        click.echo()
        for line in diff(both.incumbent, both.candidate).unified:
            out.print(coloured(line, STYLES.get(line[:1], "")), soft_wrap=True)
    heads = (f"version {both.incumbent.version}, now", f"version {it.version}, candidate")
    for number, pair in enumerate(shown.pairs[:most], 1):
        click.echo(f"\n{number}. {printable(pair.scenario.goal)}")
        ours = (_told(pair.sample.incumbent, pair.incumbent), _told(pair.sample.candidate, pair.candidate))
        print_table(("", *heads), _side_by_side(*ours))
    if it.review_deadline_at is not None and it.open:
        answer = command("retrain", "approve", it.session_id, "--evidence", shown.evidence_hash[:SHOWN], "--reason", "WHY")
        click.echo(f"\nNext: {answer} (or reject)")


def _told(arm: "Arm", first: "Replay | None") -> list[tuple[str, str]]:
    """Who said what in the first serving, and how it ended."""
    if first is None:
        return [("", f"{arm.successes} of {arm.replays} booked; its words are kept no more")]
    said = [
        (WHO[it["role"]], (it.get("content") or "")[:MOST_CHARACTERS]) for it in first.messages if it["role"] in WHO and it.get("content")
    ]
    ending = "booked" if first.booked else "handed over" if first.escalated else "not booked"
    return [*said, ("", f"{ending}; {arm.successes} of {arm.replays} booked")]


def _side_by_side(left: list[tuple[str, str]], right: list[tuple[str, str]]) -> list[tuple[str, str, str]]:
    """Turns in rows: who speaks, and the words under each version; the endings meet in the last row."""
    rows = []
    for turn in range(max(len(left), len(right)) - 1):
        ours, theirs = (it[turn] if turn < len(it) - 1 else ("", "") for it in (left, right))
        rows.append((ours[0] or theirs[0], ours[1], theirs[1]))
    return [*rows, ("ending", left[-1][1], right[-1][1])]
