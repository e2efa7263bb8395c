"""Every route on one page, from the OpenAPI document; it loads nothing from anywhere."""

from html import escape
from http import HTTPStatus
from typing import Any, Final

from fastapi.responses import HTMLResponse

POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"

_PAGE: Final = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
:root {{ color-scheme: light dark; --line: light-dark(#d8dbe0, #3a3f47);
  --soft: light-dark(#f4f5f7, #1f2329); --dim: light-dark(#57606a, #9aa4b0); }}
body {{ font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 0 auto; padding: 1.5rem 1rem 4rem; }}
h1 {{ font-size: 1.6rem; margin: 0 0 .5rem; }} h2 {{ font-size: 1.1rem; margin: 2rem 0 .5rem; text-transform: capitalize; }}
p.about {{ color: var(--dim); white-space: pre-line; max-width: 45rem; }}
details {{ border: 1px solid var(--line); border-radius: 6px; margin: .4rem 0; }}
summary {{ display: flex; flex-wrap: wrap; gap: .2rem .75rem; align-items: baseline; padding: .5rem .75rem; cursor: pointer; }}
details[open] summary {{ border-bottom: 1px solid var(--line); background: var(--soft); }}
details > div {{ padding: .5rem .75rem 1rem; overflow-x: auto; }}
code {{ font: 14px/1.45 ui-monospace, monospace; }}
b.method {{ font: 600 13px ui-monospace, monospace; min-width: 2.6rem; }} .dim {{ color: var(--dim); }}
table {{ border-collapse: collapse; }} td, th {{ text-align: left; padding: .2rem .9rem .2rem 0; vertical-align: top; }}
</style></head><body>
<h1>{title} <span class="dim">{version}</span></h1>
<p class="about">{about}</p>
<p>The same for programs: <a href="openapi.json"><code>openapi.json</code></a></p>
{routes}
</body></html>"""


def page(document: dict[str, Any]) -> HTMLResponse:
    """The page of an OpenAPI document."""
    groups: dict[str, list[str]] = {}
    for path, methods in document["paths"].items():
        for method, route in methods.items():
            groups.setdefault(route["tags"][0], []).append(_route(method.upper(), path, route, document))
    routes = "\n".join(f"<h2>{escape(tag)}</h2>\n" + "\n".join(found) for tag, found in groups.items())
    info = document["info"]
    told = _PAGE.format(title=escape(info["title"]), version=escape(info["version"]), about=escape(info["description"]), routes=routes)
    return HTMLResponse(told, headers={"Content-Security-Policy": POLICY})


def _route(method: str, path: str, route: dict[str, Any], document: dict[str, Any]) -> str:
    parts = [f"<p>{escape(route.get('description', ''))}</p>"]
    asked = route.get("parameters", [])
    if asked:
        parts.append(_table("Parameters", [(it["name"], _about(it)) for it in asked]))
    for heading, body in (("Body", route.get("requestBody")), ("Answer", route["responses"]["200"])):
        contents = list((body or {}).get("content", {}).values())
        if contents:
            schema = contents[0]["schema"]
            parts.append(f"<h4>{heading}</h4>{_fields(schema, document)}")
    refusals = ", ".join(f"{code} {HTTPStatus(int(code)).phrase}" for code in route["responses"] if code[0] != "2")
    parts.append(f'<p class="dim">Refusals: {escape(refusals)}</p>')
    head = f'<b class="method">{method}</b><code>{escape(path)}</code><span class="dim">{escape(route["summary"])}</span>'
    return f"<details><summary>{head}</summary><div>{''.join(parts)}</div></details>"


def _about(parameter: dict[str, Any]) -> str:
    needed = "" if parameter.get("required") else "optional. "
    return f"{needed}{parameter.get('description', '')}"


def _fields(schema: dict[str, Any], document: dict[str, Any]) -> str:
    found = _resolved(schema, document)
    rows = [(name, _kind(it, document)) for name, it in found.get("properties", {}).items()]
    return _table("", rows) if rows else f"<p>{escape(_kind(schema, document))}</p>"


def _resolved(schema: dict[str, Any], document: dict[str, Any]) -> dict[str, Any]:
    """The schema itself: what a reference points to, or the first of a choice."""
    while "$ref" in schema or "oneOf" in schema:
        name = schema.get("$ref", "").rpartition("/")[2]
        schema = document["components"]["schemas"][name] if name else schema["oneOf"][0]
    return schema


def _kind(schema: dict[str, Any], document: dict[str, Any]) -> str:
    choices = schema.get("anyOf")
    kind = " or ".join(_kind(it, document) for it in choices) if choices else _one_kind(schema, document)
    about = schema.get("description")
    return f"{kind}: {about}" if about and "$ref" not in schema else kind


def _one_kind(schema: dict[str, Any], document: dict[str, Any]) -> str:
    if "$ref" in schema:
        fields = _resolved(schema, document).get("properties", {})
        return "{ " + ", ".join(fields) + " }"
    if schema.get("type") == "array":
        return f"list of {_one_kind(schema.get('items', {}), document)}"
    return str(schema.get("format") or schema.get("type") or "anything")


def _table(heading: str, rows: list[tuple[str, str]]) -> str:
    body = "".join(f"<tr><td><code>{escape(name)}</code></td><td>{escape(about)}</td></tr>" for name, about in rows)
    return (f"<h4>{heading}</h4>" if heading else "") + f"<table>{body}</table>"
