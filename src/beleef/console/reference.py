"""The HTTP interface as a page to read: every route with what it takes and answers, drawn from the OpenAPI description.

It loads nothing from elsewhere, unlike the usual viewers.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec
from litestar import Response, get
from litestar.handlers import HTTPRouteHandler

from beleef.access.desk import AnyRequest, Desk
from beleef.access.model import Role
from beleef.ui.components import Code, CodeBlock, Column, Row, Table, Text
from beleef.ui.page import Page
from beleef.ui.words import Words

Json = Mapping[str, Any]

_METHODS = ("get", "post", "put", "patch", "delete")


class Operation(msgspec.Struct, frozen=True, kw_only=True):
    """One route.

    Attributes:
        method: GET, POST, …
        path: Its address, with parameters in braces.
        summary: What it does.
        parameters: What it takes in path and query; None for nothing.
        body: What it takes in the body; None for nothing.
        answer: What it answers when all is well; None where that is no JSON.
    """

    method: str
    path: str
    summary: str
    parameters: Table | None
    body: Table | None
    answer: Table | None


class Section(msgspec.Struct, frozen=True, kw_only=True):
    """Routes that belong together."""

    title: str
    operations: tuple[Operation, ...]


class ReferencePage(msgspec.Struct, frozen=True, kw_only=True):
    """The page: how to ask, and every route."""

    page: Page
    example: CodeBlock
    sections: tuple[Section, ...]
    body_title: str
    answer_title: str


def routes(desk: Desk) -> list[HTTPRouteHandler]:
    """Return the route of the page."""

    @get("/reference", sync_to_thread=True, include_in_schema=False)
    def reference(request: AnyRequest) -> Response[str]:
        visit = desk.open(request, Role.reader)
        words = visit.words
        schema = request.app.openapi_schema.to_schema()
        page = visit.page(
            words.gettext("HTTP interface"),
            active="reference",
            lead=words.gettext(
                "Everything a program can ask of Beleef. The same as data: /schema/openapi.json"
            ),
        )
        host = request.headers.get("host", "127.0.0.1:8400")
        command = f"curl -H 'Authorization: Bearer …' http://{host}/v1/people/email:jan@example.nl"
        view = ReferencePage(
            page=page,
            example=CodeBlock(name="example", label=words.gettext("Ask with a token"), code=command),
            sections=tuple(_sections(schema, words)),
            body_title=words.gettext("Takes in the body"),
            answer_title=words.gettext("Answers"),
        )
        return desk.html("console/reference.html", view)

    return [reference]


def _sections(schema: Json, words: Words) -> Iterator[Section]:
    sections: dict[str, list[Operation]] = {}
    for path, methods in schema["paths"].items():
        for method in _METHODS:
            if method in methods:
                found = methods[method]
                tag = (found.get("tags") or [words.gettext("Other")])[0]
                sections.setdefault(tag, []).append(_operation(method, path, found, schema, words))
    for title, operations in sections.items():
        yield Section(title=title, operations=tuple(operations))


def _operation(method: str, path: str, found: Json, schema: Json, words: Words) -> Operation:
    taken = [
        Row(
            cells=(
                Code(text=one["name"]),
                Text(text=_kind(one.get("schema", {}), schema)),
                Text(
                    text=words.gettext("in the path")
                    if one["in"] == "path"
                    else words.gettext("in the query")
                ),
                Text(text=one.get("description", "")),
            )
        )
        for one in found.get("parameters", [])
    ]
    columns = (
        Column(label=words.gettext("Name")),
        Column(label=words.gettext("Kind")),
        Column(label=words.gettext("Where")),
        Column(label=words.gettext("Meaning")),
    )
    good: Json = next(
        (answer for status, answer in found.get("responses", {}).items() if status.startswith("2")), {}
    )
    return Operation(
        method=method.upper(),
        path=path,
        summary=found.get("summary", ""),
        parameters=Table(caption=words.gettext("Parameters"), columns=columns, rows=tuple(taken))
        if taken
        else None,
        body=_fields(found.get("requestBody", {}), schema, words),
        answer=_fields(good, schema, words),
    )


def _fields(holder: Json, schema: Json, words: Words) -> Table | None:
    content = holder.get("content", {}).get("application/json", {}).get("schema", {})
    properties = _resolved(content, schema).get("properties", {})
    if not properties:
        return None
    rows = tuple(
        Row(cells=(Code(text=name), Text(text=_kind(one, schema)), Text(text=one.get("description", ""))))
        for name, one in properties.items()
    )
    columns = (
        Column(label=words.gettext("Name")),
        Column(label=words.gettext("Kind")),
        Column(label=words.gettext("Meaning")),
    )
    return Table(caption=words.gettext("Fields"), columns=columns, rows=rows)


def _resolved(part: Json, schema: Json) -> Json:
    reference = part.get("$ref")
    if isinstance(reference, str):
        return dict(schema["components"]["schemas"].get(reference.rpartition("/")[2], {}))
    return part


def _kind(part: Json, schema: Json) -> str:
    """Return what a value is in one word or a few: text, number, list of Person, one of several."""
    if "$ref" in part:
        return str(_resolved(part, schema).get("title") or part["$ref"].rpartition("/")[2])
    for several in ("oneOf", "anyOf"):
        if several in part:
            return " | ".join(dict.fromkeys(_kind(one, schema) for one in part[several]))
    if "enum" in part:
        return " | ".join(str(one) for one in part["enum"])
    kind = part.get("type", "any")
    if kind == "array":
        return f"[{_kind(part.get('items', {}), schema)}]"
    if isinstance(kind, list):
        return " | ".join(str(one) for one in kind)
    return str(kind)
