"""Files of cases as answers: always to be saved, never shown by the browser as a page of ours."""

from typing import Final
from urllib.parse import quote

from litestar import Response

from beleef.support.api import Attachment
from beleef.ui.words import Words

_HEADERS: Final = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
}


def download(attachment: Attachment, body: bytes) -> Response[bytes]:
    """Return a file to be saved under its own name."""
    name = quote(attachment.name, safe="")
    return Response(
        body,
        media_type="application/octet-stream",
        headers={**_HEADERS, "Content-Disposition": f"attachment; filename*=UTF-8''{name}"},
    )


def sized(attachment: Attachment, words: Words) -> str:
    """Return how large a file is in words, or that it was too large to be kept."""
    size = words.gettext("%(number)s kB", number=words.number(max(1, round(attachment.size / 1000))))
    return size if attachment.file else words.gettext("%(size)s, too large to be kept", size=size)
