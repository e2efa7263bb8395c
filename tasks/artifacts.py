"""What a retraining leaves on Prefect's pages: one artifact for each part of its report, under few fixed keys, and the report whole.

Its description begins with variant, session and result. Customers' words stand as they are, and draw and link nothing.
"""

from dataclasses import replace
from typing import Final

from prefect.artifacts import create_markdown_artifact, create_table_artifact

from lifecycle_core.retraining.report.blocks import Report, Section, Table
from lifecycle_core.retraining.session import Session
from tasks.links import where
from tasks.markdown import SIMULATED, body, cell, literal, whole

SESSION: Final = "session"
REPORT: Final = "report"
WIDE: Final = 3
"""Columns of a table that Prefect's Markdown cuts."""


def leave_session(it: Session) -> None:
    """The way from the run to its session."""
    head = _head(it, f"a better prompt than version {it.incumbent_version} is sought")
    create_markdown_artifact(key=SESSION, markdown=where(it), description=head)


def leave(it: Session, section: Section | None) -> None:
    """One part of a session's report; None leaves nothing.

    A table of three columns or more is cut in Prefect's Markdown, and is one of Prefect's own, with the rest above it.
    """
    if section is None:
        return
    head, rest = _head(it, section.lead), _rest(it, simulated=section.simulated)
    tables = [block for block in section.blocks if isinstance(block, Table)]
    if len(tables) == 1 and len(tables[0].heads) >= WIDE:
        [wide] = tables
        beside = replace(section, blocks=tuple(block for block in section.blocks if block is not wide))
        rows = [dict(zip(wide.heads, (cell(said.text) for said in row), strict=True)) for row in wide.rows]
        create_table_artifact(key=section.key, table=rows, description="\n\n".join(filter(None, (f"{head}  \n{rest}", body(beside)))))
    else:
        create_markdown_artifact(key=section.key, markdown=f"{rest}\n\n{body(section)}", description=head)


def leave_report(it: Session, found: Report) -> None:
    """The whole report."""
    rest = _rest(it, simulated=False)
    create_markdown_artifact(key=REPORT, markdown=f"{rest}\n\n{whole(found)}", description=_head(it, found.lead))


def _head(it: Session, lead: str) -> str:
    return f"**{literal(it.variant)}** · {literal(it.session_id)} · {literal(lead)}"


def _rest(it: Session, *, simulated: bool) -> str:
    return where(it) + (f"  \n{SIMULATED}" if simulated else "")
