"""The sheet that a respondent fills in: where they are, and all they answered so far, carried along in a signed field of the form.

So nothing about anybody is kept in the browser or on the server before it is sent, and going back, or reloading, loses nothing.
"""

from typing import Final

import msgspec
from itsdangerous import BadData, URLSafeSerializer

from beleef.feedback.model import Answer, Sitting
from beleef.kernel.errors import InvalidInput

_LONGEST: Final = 400_000


class Sheet(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a form carries along.

    Attributes:
        path: Path of the page it belongs to: a sheet of one survey is none of another.
        sitting: Who answers what.
        block: The page that is shown.
        asked: Ids of the questions that stand on it.
        answers: Accepted answers of all pages so far.
        revision: How often answers of this sitting were recorded.
        shown_at: When this page was shown, in microseconds.
        quality: Flags of what looked odd on earlier pages.
        ms: By question, how long it took, in milliseconds; the questions of one page share its time.
    """

    path: str
    sitting: Sitting
    block: str
    shown_at: int
    asked: tuple[str, ...] = ()
    answers: tuple[Answer, ...] = ()
    revision: int = 0
    quality: tuple[str, ...] = ()
    ms: dict[str, int] = {}


class Sheets:
    """Signs sheets and reads them.

    Args:
        key: The installation's key.
    """

    def __init__(self, key: bytes) -> None:
        self._signer = URLSafeSerializer(key, salt="feedback.sheet")

    def write(self, sheet: Sheet) -> str:
        """Return a sheet as the text of a hidden field."""
        return str(self._signer.dumps(msgspec.to_builtins(sheet)))

    def read(self, text: str, path: str) -> Sheet:
        """Return the sheet that a form carried.

        Raises:
            InvalidInput: it is none of ours, or of another page; code ``form_out_of_date``.
        """
        try:
            sheet = msgspec.convert(self._signer.loads(text[:_LONGEST]), Sheet)
        except (BadData, msgspec.ValidationError) as error:
            raise _out_of_date() from error
        if sheet.path != path:
            raise _out_of_date()
        return sheet


def _out_of_date() -> InvalidInput:
    return InvalidInput("This form is out of date.", hint="Open the link once more.", code="form_out_of_date")
