"""Write openapi.json, the shape of the API: `python -m deployments.http.openapi`."""

import json
from pathlib import Path

from deployments.http.app import create_app

DOCUMENT = Path(__file__).parents[2] / "openapi.json"


def document() -> str:
    """The document as it is committed."""
    return json.dumps(create_app().openapi(), indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    DOCUMENT.write_text(document())
