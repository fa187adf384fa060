"""The messages that invite: in the library like all others, so that staff may reword them, and put back where one is missing."""

from pathlib import Path
from typing import Final

import sqlalchemy as sa

from beleef.content.api import Content, ContentFile, read_yaml

_FILE: Final = Path(__file__).parent / "invitations.yaml"
_BY_BELEEF: Final = "Beleef"


def prepare(content: Content, connection: sa.Connection) -> None:
    """Put those invitations into the library that are not there: surveys cannot ask without them."""
    known = {one.draft.name for one in content.messages(connection)}
    given = read_yaml(_FILE.read_text(encoding="utf-8"))
    missing = tuple(one for one in given.messages if one.name not in known)
    if missing:
        content.apply(connection, ContentFile(messages=missing), by=_BY_BELEEF)
