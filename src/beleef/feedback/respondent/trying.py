"""Addresses at which colleagues try a survey that is still being written: for the preview, and for mails to oneself."""

from typing import Final
from urllib.parse import urlencode

from itsdangerous import BadData, URLSafeSerializer

from beleef.kernel.errors import NotFound

_LONGEST: Final = 1_000


class Trying:
    """Makes and reads addresses of trials. Whoever has one may look; nothing that is filled in there is kept.

    Args:
        key: The installation's key.
        address: The installation's public address.
    """

    def __init__(self, key: bytes, address: str = "") -> None:
        self._signer = URLSafeSerializer(key, salt="feedback.trial")
        self._address = address.rstrip("/")

    def path(self, survey: str, *, language: str = "", block: str = "") -> str:
        """Return the path of a survey's trial, in a language and from a page on where these are given."""
        given = {name: value for name, value in (("language", language), ("block", block)) if value}
        return f"/t/{self._signer.dumps(survey)}" + (f"?{urlencode(given)}" if given else "")

    def link(self, survey: str, *, language: str = "") -> str:
        """Return the whole address of a survey's trial, for a mail."""
        return self._address + self.path(survey, language=language)

    def read(self, token: str) -> str:
        """Return the name of the survey that a trial is of.

        Raises:
            NotFound: it is none of ours.
        """
        try:
            return str(self._signer.loads(token[:_LONGEST]))
        except BadData as error:
            raise NotFound(
                "This link does not work.", hint="Copy the whole of it.", code="unknown_link"
            ) from error
