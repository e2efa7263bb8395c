"""What a retraining learns from, to be taken away: masked, and still so much of what customers said that more than reading is asked."""

import json
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Query, Response

from deployments.http.access import needs
from deployments.http.dependencies import At
from deployments.http.problems import answers
from lifecycle_core.access import Role
from lifecycle_core.retraining.cases import Split
from tasks import training
from tasks.training import Format

router = APIRouter(prefix="/api/lifecycle/training", tags=["retraining"])

LINES: Final = "application/x-ndjson"
EXPORTED: Final[dict[int | str, dict[str, Any]]] = {
    200: {"description": "An example a line.", "content": {LINES: {"schema": {"type": "string"}}}}
}
SPLITS: Final = {"train": Split.TRAIN, "select": Split.SELECT, "heldOut": Split.HELD_OUT, "all": None}

Name = Annotated[
    str, Query(min_length=1, max_length=300, description="A session, or a variant: of it what a session would learn from now.")
]
Form = Annotated[Format, Query(alias="format", description="Chats of successes to imitate, or pairs of replies (DPO); OpenAI's formats.")]
Goals = Annotated[
    Literal["train", "select", "heldOut", "all"],
    Query(description="Of which goals. A model that learns from held-out goals cannot be judged by them."),
]


@router.get(
    "/export",
    summary="What a model can be tuned on",
    openapi_extra=needs(Role.OPERATE),
    responses=answers(404, 409) | EXPORTED,
    response_class=Response,
)
def export(at: At, name: Name, form: Form, split: Goals = "train") -> Response:
    """JSON lines, a masked example each; 500 long conversations take some ten seconds to mask."""
    made = training.export(name, at, form, SPLITS[split])
    return Response("".join(f"{json.dumps(it, ensure_ascii=False)}\n" for it in made.lines), media_type=LINES)
