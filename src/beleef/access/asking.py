"""What browsers send: the fields of a form, the path they ask for, and whether a path stays within Beleef."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import parse_qsl, quote, urlsplit

from litestar import Request

from beleef.kernel.errors import InvalidInput

AnyRequest = Request[Any, Any, Any]

_MOST_FIELDS = 2_000


class Answers(dict[str, str]):
    """What a form was sent with: the first value of each field, and all of them by ``every``."""

    def __init__(self, pairs: Sequence[tuple[str, str]] = ()) -> None:
        super().__init__(reversed(pairs))
        self._pairs = tuple(pairs)

    def every(self, name: str) -> list[str]:
        """Return all values of a field, for checkboxes that share a name."""
        return [value for key, value in self._pairs if key == name]


def wants_html(request: AnyRequest) -> bool:
    """Return whether whoever asks reads pages: a browser that says so, and no program."""
    return "text/html" in request.headers.get("accept", "")


def path_of(request: AnyRequest) -> str:
    """Return path and query of a request."""
    query = request.scope.get("query_string", b"").decode("latin-1")
    return own_path(quote(request.scope["path"], safe="/:@!$&'()*+,;=~") + (f"?{query}" if query else ""))


def own_path(text: str) -> str:
    """Return the text when it is a path within Beleef, else ``/``: nobody is led elsewhere by an address of ours."""
    if not text.startswith("/") or text.startswith(("//", "/\\")) or len(text) > 2_000:
        return "/"
    if not text.isascii() or any(letter < "!" or letter in '\\"<>\x7f' for letter in text):
        return "/"
    parts = urlsplit(text)
    return "/" if parts.scheme or parts.netloc else text


async def read_answers(request: AnyRequest) -> Answers:
    """Return the fields of a form; line ends are single line feeds, and NUL, which no store keeps, is left out.

    Raises:
        InvalidInput: the body is no form.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    body = await request.body()
    if body and kind != "application/x-www-form-urlencoded":
        raise InvalidInput("That is no form.", hint="Send it from the page.", code="no_form")
    try:
        pairs = parse_qsl(
            body.decode("utf-8", "replace"),
            keep_blank_values=True,
            max_num_fields=_MOST_FIELDS,
            errors="replace",
        )
    except ValueError as error:
        raise InvalidInput("The form has too many fields.", hint="Send fewer.", code="no_form") from error
    return Answers([(name, value.replace("\r\n", "\n").replace("\x00", "")) for name, value in pairs])
