"""Every route on one page, from the OpenAPI document; it loads nothing from anywhere."""

import json
import re
from collections.abc import Iterator
from html import escape
from http import HTTPStatus
from typing import Any, Final

from fastapi.responses import HTMLResponse

from deployments.http.access import ROLES

POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"

_LINE: Final = re.compile(r"(?<!\n)\n(?!\n)")
"""The end of a line within a paragraph."""
_PAGE: Final = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
:root {{ color-scheme: light dark; --line: light-dark(#d8dbe0, #3a3f47); --accent: light-dark(#0b5cad, #7db7f5);
  --soft: light-dark(#f4f5f7, #1f2329); --dim: light-dark(#57606a, #9aa4b0); --post: light-dark(#8a4b00, #e8b26a); }}
* {{ box-sizing: border-box; }}
body {{ font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 0 auto; padding: 1.5rem 1rem 4rem; }}
h1 {{ font-size: 1.6rem; margin: 0 0 .5rem; }} h2 {{ font-size: 1.15rem; margin: 2.2rem 0 0; text-transform: capitalize; }}
h3 {{ font-size: .85rem; margin: 1.1rem 0 .3rem; text-transform: uppercase; letter-spacing: .04em; color: var(--dim); }}
p {{ max-width: 45rem; margin: .4rem 0; }} p.about {{ white-space: pre-line; }} a {{ color: var(--accent); }}
nav {{ display: flex; flex-wrap: wrap; gap: .3rem 1rem; margin: 1rem 0; }}
details.route {{ border: 1px solid var(--line); border-radius: 6px; margin: .4rem 0; }}
.route > summary {{ display: grid; grid-template-columns: 3rem minmax(0, 1fr) auto; gap: 0 .6rem; align-items: baseline;
  padding: .5rem .75rem; cursor: pointer; list-style: none; }}
.route > summary::-webkit-details-marker {{ display: none; }} .route > summary:hover {{ background: var(--soft); }}
.route[open] > summary {{ border-bottom: 1px solid var(--line); background: var(--soft); }}
.says {{ grid-column: 2 / -1; }} .route > div {{ padding: .5rem .75rem 1rem; }}
code, pre {{ font: 14px/1.45 ui-monospace, monospace; }} code {{ overflow-wrap: anywhere; }}
b.method {{ font: 600 13px ui-monospace, monospace; color: var(--accent); }} b.POST {{ color: var(--post); }}
.dim {{ color: var(--dim); }} .role {{ font-size: .8rem; color: var(--dim); white-space: nowrap; }}
pre {{ background: var(--soft); border-radius: 6px; padding: .6rem .75rem; margin: .3rem 0; max-height: 24rem; overflow: auto; }}
.shown > summary {{ cursor: pointer; color: var(--accent); margin: .5rem 0 .2rem; }}
table {{ border-collapse: collapse; width: 100%; }} td {{ text-align: left; padding: .3rem .9rem .3rem 0; vertical-align: top;
  border-top: 1px solid var(--line); }} tr:first-child td {{ border-top: 0; }} td:first-child {{ width: 13rem; }}
@media (max-width: 40rem) {{ td, td:first-child {{ display: block; width: auto; padding: .15rem 0; }}
  td + td, tr:first-child td + td {{ border: 0; padding-bottom: .4rem; }}
  .route > summary {{ grid-template-columns: 3rem minmax(0, 1fr); }} .role {{ grid-column: 2; grid-row: 3; }} }}
</style></head><body>
<h1>{title} <span class="dim">{version}</span></h1>
<p class="about">{about}</p>
<p>The same for programs: <a href="openapi.json"><code>openapi.json</code></a></p>
<nav aria-label="Groups">{groups}</nav>
{routes}
</body></html>"""


def page(document: dict[str, Any]) -> HTMLResponse:
    """The page of an OpenAPI document."""
    groups: dict[str, list[str]] = {it["name"]: [] for it in document["tags"]}
    for path, methods in document["paths"].items():
        for method, route in methods.items():
            groups[route["tags"][0]].append(_route(method.upper(), path, route, document))
    about = {it["name"]: it["description"] for it in document["tags"]}
    told = _PAGE.format(
        title=escape(document["info"]["title"]),
        version=escape(document["info"]["version"]),
        about=_words(document["info"]["description"]),
        groups=" ".join(f'<a href="#{escape(tag)}">{escape(tag)}</a>' for tag in groups),
        routes="\n".join(
            f'<h2 id="{escape(tag)}">{escape(tag)}</h2>\n<p class="dim">{escape(about[tag])}</p>\n' + "\n".join(found)
            for tag, found in groups.items()
        ),
    )
    return HTMLResponse(told, headers={"Content-Security-Policy": POLICY})


def _route(method: str, path: str, route: dict[str, Any], document: dict[str, Any]) -> str:
    roles = " or ".join(route.get(ROLES, ["everybody"]))
    head = (
        f'<b class="method {method}">{method}</b><code>{escape(path).replace("/", "/<wbr>")}</code>'
        f'<span class="role">{escape(roles)}</span><span class="says dim">{escape(route["summary"])}</span>'
    )
    name = escape(route["operationId"])
    return f'<details class="route" id="{name}"><summary>{head}</summary><div>{"".join(_parts(route, document))}</div></details>'


def _parts(route: dict[str, Any], document: dict[str, Any]) -> Iterator[str]:
    about = route["description"].partition("\n\nRole: ")[0]
    yield f'<p class="about">{_words(about)}</p>'
    asked = route.get("parameters", [])
    if asked:
        yield _table("Parameters", [(it["name"], _about(it)) for it in asked])
    yield from _content("Body", route.get("requestBody", {}), document)
    for status in (it for it in route["responses"] if it[0] == "2"):
        answer = route["responses"][status]
        yield from _content(f"Answer {status}", answer, document)
        yield f'<p class="dim">Headers: {escape(", ".join(answer["headers"]))}</p>'
    refusals = ", ".join(f"{code} {HTTPStatus(int(code)).phrase}" for code in route["responses"] if code[0] != "2")
    yield f'<p class="dim">Else: {escape(refusals)}</p>'
    yield f'<p class="dim">Clients call it <code>{escape(route["operationId"])}</code>.</p>'


def _content(heading: str, of: dict[str, Any], document: dict[str, Any]) -> Iterator[str]:
    contents = list(of.get("content", {}).values())
    if not contents:
        return
    yield f"<h3>{heading}</h3>{_fields(contents[0]['schema'], document, asked=heading == 'Body')}"
    if "example" in contents[0]:
        example = contents[0]["example"]
        text = example if isinstance(example, str) else json.dumps(example, indent=2, ensure_ascii=False)
        yield f'<details class="shown"><summary>Example</summary><pre tabindex="0">{escape(text)}</pre></details>'


def _about(parameter: dict[str, Any]) -> str:
    needed = "" if parameter.get("required") else "Optional. "
    shown = f" Such as `{_plain(parameter['example'])}`." if "example" in parameter else ""
    return f"{needed}{parameter.get('description', '')}{shown}"


def _plain(example: object) -> str:
    return ", ".join(map(str, example)) if isinstance(example, list) else str(example)


def _fields(schema: dict[str, Any], document: dict[str, Any], *, asked: bool) -> str:
    """Its fields; of what is `asked` those that may be left out are marked."""
    found = _resolved(schema, document)
    needed = found.get("required", ()) if asked else found.get("properties", {})
    rows = [(name, f"{'' if name in needed else 'optional '}{_kind(it, document)}") for name, it in found.get("properties", {}).items()]
    return _table("", rows) if rows else f"<p>{_words(_kind(schema, document))}</p>"


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
    return f"{kind}: {about}" if about else kind


def _one_kind(schema: dict[str, Any], document: dict[str, Any]) -> str:
    if "$ref" in schema:
        found = _resolved(schema, document)
        if "enum" in found:
            return ", ".join(found["enum"])
        fields = found.get("properties", {})
        return "{ " + ", ".join(fields) + " }" if fields else "anything"
    if schema.get("type") == "array":
        return f"list of {_one_kind(schema.get('items', {}), document)}"
    return str(schema.get("format") or schema.get("type") or "anything")


def _table(heading: str, rows: list[tuple[str, str]]) -> str:
    body = "".join(f"<tr><td><code>{escape(name)}</code></td><td>{_words(about)}</td></tr>" for name, about in rows)
    return (f"<h3>{heading}</h3>" if heading else "") + f"<table>{body}</table>"


def _words(text: str) -> str:
    """Text in paragraphs, with what stands in backticks as code."""
    parts = escape(_LINE.sub(" ", text)).split("`")
    return "".join(f"<code>{part}</code>" if number % 2 else part for number, part in enumerate(parts))
