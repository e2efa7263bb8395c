"""Every answer that a test has of the API is one that the API's document tells of."""

import json
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

DOCUMENT = Path(__file__).parents[1] / "openapi.json"


@cache
def operations() -> dict[str, Any]:
    """The operations of the committed document, by path and method."""
    paths: dict[str, Any] = json.loads(DOCUMENT.read_text())["paths"]
    return paths


def expect_documented(answer: Any) -> None:
    """Fail where the document does not tell of the answer's status."""
    asked = answer.request
    operation = operations().get(urlsplit(str(asked.url)).path, {}).get(asked.method.lower())
    told = str(answer.status_code)
    assert operation is None or told in operation["responses"], f"{asked.method} {asked.url} answers {told}; openapi.json tells of no such"
