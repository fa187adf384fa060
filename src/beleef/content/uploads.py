"""Reads forms that carry a file, with the same token against forgery as every other form."""

from io import BytesIO
from typing import Final

import msgspec
from multipart import MultipartError, MultipartParser, parse_options_header

from beleef.access import api as access
from beleef.access.desk import Answers, AnyRequest, Desk, Visit
from beleef.access.model import Role
from beleef.kernel.errors import InvalidInput, TooLarge

MOST_BYTES: Final = 66_000_000
"""Of a whole form; a little more than the largest feed."""


class Upload(msgspec.Struct, frozen=True, kw_only=True):
    """A file that came with a form: its name on the sender's machine, and its bytes; both empty where none was chosen."""

    name: str
    body: bytes


async def read_upload(
    desk: Desk, request: AnyRequest, role: Role, field: str
) -> tuple[Visit, Answers, Upload]:
    """Return the visit, the other answers, and the file of a field, when it was sent from a page of ours.

    Raises:
        NotSignedIn: nobody is signed in, or the form carries no token or an old one.
        NotAllowed: they have not the role.
        InvalidInput: the body is no form with a file.
        TooLarge: the file is too large.
    """
    visit = desk.open(request, role)
    kind, options = parse_options_header(request.headers.get("content-type", ""))
    if kind != "multipart/form-data" or not options.get("boundary"):
        raise InvalidInput("That is no form with a file.", hint="Send it from the page.", code="no_form")
    body = await request.body()
    if len(body) > MOST_BYTES:
        raise TooLarge("The file is too large.", hint="Make it smaller, or divide it.")
    pairs, upload = _parts(body, str(options["boundary"]), field)
    answers = Answers(pairs)
    access.check_form_token(visit.actor, answers.pop("csrf_token", ""))
    return visit, answers, upload


def _parts(body: bytes, boundary: str, field: str) -> tuple[list[tuple[str, str]], Upload]:
    pairs: list[tuple[str, str]] = []
    upload = Upload(name="", body=b"")
    parser = MultipartParser(
        BytesIO(body),
        boundary,
        content_length=len(body),
        spool_limit=MOST_BYTES,
        memory_limit=2 * MOST_BYTES,
        disk_limit=0,
    )
    try:
        for part in parser:
            if part.name == field and part.filename is not None:
                name = part.filename.replace("\\", "/").rpartition("/")[2]
                upload = Upload(name="".join(one for one in name if one.isprintable())[:200], body=part.raw)
            elif part.filename is None:
                pairs.append((part.name, part.value.replace("\x00", "").replace("\r\n", "\n")))
    except (MultipartError, UnicodeDecodeError) as error:
        raise InvalidInput("The form cannot be read.", hint="Send it once more.", code="no_form") from error
    return pairs, upload
