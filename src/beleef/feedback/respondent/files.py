"""Keeps the files that respondents send along: of a size and a kind that was asked for, under names that tell nothing."""

from collections.abc import Mapping, Sequence
from typing import Final

from litestar import Response, get
from litestar.handlers import HTTPRouteHandler

from beleef.access.desk import AnyRequest
from beleef.access.model import Role
from beleef.feedback.model import Answer, Question, Refused
from beleef.feedback.respondent.forms import Given, Sent, field_of
from beleef.feedback.respondent.room import RespondentRoom
from beleef.feedback.uploads import name_of, path_of
from beleef.store.files import Files
from beleef.ui.words import N_

MOST_BYTES: Final = 5_000_000
_USUAL: Final = ("jpg", "jpeg", "png", "webp", "pdf", "txt")
"""What is taken where the question does not say it: nothing that runs."""
_BEGINNINGS: Final[Mapping[str, bytes]] = {
    "jpg": b"\xff\xd8\xff",
    "jpeg": b"\xff\xd8\xff",
    "png": b"\x89PNG\r\n\x1a\n",
    "pdf": b"%PDF-",
    "gif": b"GIF8",
    "webp": b"RIFF",
}
"""How files of these kinds begin: a file is what it says it is."""


def routes(room: RespondentRoom) -> list[HTTPRouteHandler]:
    """Return the route by which staff fetch a file that a respondent sent; it is saved, never shown by the browser."""

    @get("/feedback/files/{name:str}", sync_to_thread=True)
    def file(request: AnyRequest, name: str) -> Response[bytes]:
        room.desk.open(request, Role.agent)
        path = path_of(name)
        headers = {
            "Content-Disposition": f'attachment; filename="{name}"',
            "X-Content-Type-Options": "nosniff",
            "Content-Security-Policy": "sandbox; default-src 'none'",
            "Cache-Control": "no-store",
        }
        body = room.files.read(path)
        return Response(body, media_type="application/octet-stream", headers=headers)

    return [file]


def keep_files(
    files: Files,
    asked: Sequence[Question],
    given: Given,
    sent: Sequence[Sent],
    before: Mapping[str, Answer],
    *,
    response: str,
    keeps: bool,
) -> tuple[Refused, ...]:
    """Put the names of kept files into ``given``, and return why others cannot be taken.

    Args:
        files: Where they are kept.
        asked: The questions on the page.
        given: What else was given; changed.
        sent: Files that came along.
        before: Earlier answers: a file that was sent before stays unless another comes.
        response: Number of the response they belong to.
        keeps: Whether to keep them, or only to look at them.

    Raises:
        Unavailable: a file could not be kept.
    """
    refused = []
    for question in asked:
        if question.kind != "file":
            continue
        earlier = before.get(question.id)
        given[question.id] = "" if earlier is None else earlier.text
        one = next((file for file in sent if file.field == field_of(question.id)), None)
        if one is None:
            continue
        problem = _problem(question, one)
        if problem is not None:
            refused.append(problem)
            continue
        name = name_of(response, question.id, one.body, _ending(one.name))
        if keeps:
            files.write(path_of(name), [one.body])
        given[question.id] = name
    return tuple(refused)


def _problem(question: Question, sent: Sent) -> Refused | None:
    kinds = tuple(one.lower().lstrip(".") for one in question.accepts) or _USUAL
    ending = _ending(sent.name)
    if len(sent.body) > MOST_BYTES:
        return Refused(
            question=question.id,
            code="too_large",
            message=N_("This file is too large. At most 5 MB, please."),
        )
    if ending not in kinds or not sent.body.startswith(_BEGINNINGS.get(ending, b"")):
        return Refused(
            question=question.id,
            code="wrong_file",
            message=N_("Please choose a file of this kind: %(kinds)s."),
            values={"kinds": ", ".join(kinds)},
        )
    return None


def _ending(name: str) -> str:
    ending = name.rpartition(".")[2].lower()
    return ending if ending.isascii() and ending.isalnum() and len(ending) < 6 else ""
