"""A report with a block of each kind, in which others wrote what they should not."""

from dataclasses import replace

from benchmarks._sessions import proved
from lifecycle_core.policy import Policy
from lifecycle_core.provenance import Provenance
from lifecycle_core.retraining.curve import curve
from lifecycle_core.retraining.report.blocks import (
    Change,
    Commands,
    Conversation,
    Facts,
    Growth,
    Items,
    Mood,
    Paragraph,
    Report,
    Said,
    Section,
    SideBySide,
    Table,
    row,
)
from lifecycle_core.versions.diff import diff
from lifecycle_core.versions.version import Version
from tests.reviewed import NOON

HOSTILE = "<script>alert(1)</script> ![p](http://evil.example/p.png) | `x` **b** # 1. www.evil.example\n- a\n===\n\n    code </style>"
ONE = Version(variant_name="a", version=1, system_prompt=f"Be kind.\n{HOSTILE}", content_hash="1", created_at=NOON)
TWO = replace(ONE, version=2, system_prompt=f"Be kind.\n{HOSTILE}\nLook before you offer. {HOSTILE}")
SIDE = Conversation(version=HOSTILE, said=(("Customer", HOSTILE), ("Agent", "Yes.")), ending=Said("booked", Mood.GOOD), count="1 of 4")
BLOCKS = (
    Paragraph(HOSTILE),
    Items((HOSTILE, "- and another")),
    Facts(((HOSTILE, HOSTILE),)),
    Table((HOSTILE[:8], "b", "c", "d"), (row(HOSTILE, Said(HOSTILE, Mood.BAD), "", "0.30"),), ("d",)),
    Commands(((f"lifecycle retrain status {HOSTILE}", HOSTILE),)),
    Change(diff(ONE, TWO)),
    Growth(curve(proved(Provenance("test", NOON), 60), Policy())),
    *(SideBySide(number=number, goal=HOSTILE, incumbent=SIDE, candidate=SIDE) for number in range(1, 6)),
)
"""One of each kind, and five conversations."""


def report() -> Report:
    """The report."""
    section = Section(key="all", title=HOSTILE, lead=HOSTILE, blocks=BLOCKS, simulated=True)
    facts = Facts((("session", HOSTILE),))
    return Report(title=HOSTILE, outcome=Said(HOSTILE, Mood.BAD), lead=HOSTILE, figures=((HOSTILE, "1"),), facts=facts, sections=(section,))
