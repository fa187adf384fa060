"""Keeps the files that respondents send along: of a size and a kind that was asked for, under names that tell nothing."""

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec
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


class Upload(msgspec.Struct, frozen=True, kw_only=True):
    """A file that can be taken: the question it answers, the name it gets, and its bytes."""

    question: str
    name: str
    body: bytes


def take_files(
    asked: Sequence[Question],
    given: Given,
    sent: Sequence[Sent],
    before: Mapping[str, Answer],
    *,
    response: str,
) -> tuple[tuple[Upload, ...], tuple[Refused, ...]]:
    """Put the names of files into ``given``; return those that came along now, and why others cannot be taken.

    Args:
        asked: The questions on the page.
        given: What else was given; changed.
        sent: Files that came along.
        before: Earlier answers: a file that was sent before stays unless another comes.
        response: Number of the response they belong to.
    """
    taken, refused = [], []
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
        taken.append(Upload(question=question.id, name=name, body=one.body))
        given[question.id] = name
    return tuple(taken), tuple(refused)


def keep_files(files: Files, taken: Sequence[Upload]) -> None:
    """Keep files of a page that was accepted: on every other they would stay behind, and nobody would know whose they are.

    Raises:
        Unavailable: a file could not be kept.
    """
    for one in taken:
        files.write(path_of(one.name), [one.body])


def not_kept(taken: Sequence[Upload]) -> tuple[Refused, ...]:
    """Return what is said where a page is shown again: a browser does not send a file twice by itself."""
    message = N_("Please choose the file once more.")
    return tuple(Refused(question=one.question, code="file_again", message=message) for one in taken)


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
