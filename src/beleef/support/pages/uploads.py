"""Reads forms that may carry files: attachments of a question, of a reply, and of an answer by staff."""

from collections.abc import Sequence
from io import BytesIO
from typing import Final

import msgspec
from multipart import MultipartError, MultipartParser, parse_options_header

from beleef.access import api as access
from beleef.access.desk import Answers, AnyRequest, Visit, read_answers
from beleef.access.model import Role
from beleef.kernel.errors import InvalidInput, TooLarge
from beleef.support.api import Attachment
from beleef.support.pages.parts import SupportRoom, in_thread

MOST_BYTES: Final = 7_000_000
"""Of a whole form; the web process takes no more than 8 MB at once."""
MOST_FILES: Final = 5
_LONGEST_NAME: Final = 120
_MOST_PARTS: Final = 200


class Sent(msgspec.Struct, frozen=True, kw_only=True):
    """A file that came with a form: its name on the sender's machine, its kind (MIME) and its bytes."""

    name: str
    type: str
    body: bytes


async def open_with_files(room: SupportRoom, request: AnyRequest) -> tuple[Visit, Answers, tuple[Sent, ...]]:
    """Return the visit, the fields and the files of a form that agents may send.

    Raises:
        NotSignedIn, NotAllowed, InvalidInput, TooLarge: it cannot be taken.
    """
    visit = room.desk.open(request, Role.agent)
    given, files = await read_with_files(request)
    access.check_form_token(visit.actor, given.pop("csrf_token", ""))
    return visit, given, files


async def keep(room: SupportRoom, files: Sequence[Sent], once: str) -> tuple[Attachment, ...]:
    """Put files that came with a form in the store; ``once`` is the form's own number."""

    def put() -> tuple[Attachment, ...]:
        return tuple(room.support.files.keep(one.name, one.type, one.body, key=once) for one in files)

    kept: tuple[Attachment, ...] = await in_thread(put)
    return kept


async def read_with_files(request: AnyRequest) -> tuple[Answers, tuple[Sent, ...]]:
    """Return the fields and files of a form, the token against forgery among the fields where there is one.

    Raises:
        InvalidInput: the body is no form with files, or it has too many of them.
        TooLarge: it is too large.
    """
    kind, options = parse_options_header(request.headers.get("content-type", ""))
    body = await request.body()
    if len(body) > MOST_BYTES:
        raise TooLarge("Those files are too large.", hint="Send at most 7 MB at once.")
    if kind != "multipart/form-data" or not options.get("boundary"):
        return await read_answers(request), ()
    pairs: list[tuple[str, str]] = []
    files: list[Sent] = []
    parser = MultipartParser(
        BytesIO(body),
        str(options["boundary"]),
        content_length=len(body),
        part_limit=_MOST_PARTS,
        spool_limit=MOST_BYTES,
        memory_limit=2 * MOST_BYTES,
        disk_limit=0,
    )
    try:
        for part in parser:
            if part.filename is None:
                pairs.append((part.name, part.value.replace("\x00", "").replace("\r\n", "\n")))
            elif part.filename and part.raw:
                files.append(
                    Sent(name=file_name(part.filename), type=_kind(part.content_type), body=part.raw)
                )
    except (MultipartError, UnicodeDecodeError) as error:
        raise InvalidInput("The form cannot be read.", hint="Send it once more.", code="no_form") from error
    if len(files) > MOST_FILES:
        raise InvalidInput("Those are too many files.", hint=f"Send at most {MOST_FILES} at once.")
    return Answers(pairs), tuple(files)


def file_name(given: str) -> str:
    """Return a file's name without folders and without what cannot be shown."""
    name = given.replace("\\", "/").rpartition("/")[2]
    return "".join(one for one in name if one.isprintable() and one not in '"<>')[:_LONGEST_NAME] or "file"


def _kind(given: str | None) -> str:
    kind = (given or "").partition(";")[0].strip().lower()
    is_plain = kind.isascii() and kind.count("/") == 1 and " " not in kind and len(kind) < 100
    return kind if is_plain else "application/octet-stream"
