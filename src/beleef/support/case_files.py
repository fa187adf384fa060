"""Files that came with what was said in cases: kept, read again, taken along by the person they are of, and erased with them."""

import base64
import hashlib
from collections.abc import Collection, Iterator
from contextlib import suppress
from typing import Any

import sqlalchemy as sa

from beleef.facts.fact import Fact
from beleef.kernel.errors import NotFound, TooLarge
from beleef.store.files import Files
from beleef.support import chore_queries, queries
from beleef.support.heard import CONCERNED, attachments_of
from beleef.support.intake.mail import LARGEST_FILE
from beleef.support.model import Attachment, Entry


class CaseFiles:
    """The files of cases.

    Args:
        files: Where they are kept.
    """

    def __init__(self, files: Files) -> None:
        self._files = files

    def keep(self, name: str, kind: str, content: bytes, *, key: str) -> Attachment:
        """Put a file that somebody sends along in the store, and return what names it.

        Args:
            name: Its name.
            kind: What it is (MIME).
            content: Its bytes.
            key: Of the form it came with. The same form sent again keeps it once; two people who send the same file keep
                one each, so that erasing one of them takes nothing from the other.

        Raises:
            TooLarge: it is larger than what is kept.
            Unavailable: it could not be written.
        """
        if len(content) > LARGEST_FILE:
            raise TooLarge(
                "The file is too large.", hint=f"At most {LARGEST_FILE // 1_000_000} MB can be sent along."
            )
        digest = hashlib.blake2b(key.encode() + b"\x00" + content, digest_size=16).hexdigest()
        path = f"{digest[:2]}/{digest}/0"
        self._files.write(path, [content])
        return Attachment(name=name[:200] or "attachment", type=kind[:100], size=len(content), file=path)

    def read(self, connection: sa.Connection, number: int, file: str) -> tuple[Attachment, bytes]:
        """Return a file of a case, or of one that went up in it.

        Raises:
            NotFound: there is no such file in the case.
            Unavailable: the storage does not answer.
        """
        numbers = [number, *queries.merged_into(connection, number)]
        for entry in _entries(connection, numbers):
            for one in entry.attachments:
                if one.file and one.file == file:
                    return one, self._files.read(file)
        raise NotFound("There is no such file.", hint="It may have been erased.")

    def exported(self, fact: Fact) -> Iterator[dict[str, Any]]:
        """Give the files that came with a fact, for its person's export: name, kind (MIME), and content in base64.

        Raises:
            Unavailable: the storage does not answer.
        """
        if fact.name not in CONCERNED:
            return
        for one in attachments_of(fact):
            # What was too large to be kept, or is erased already, has only its name in the fact.
            with suppress(NotFound):
                if one.file:
                    content = base64.b64encode(self._files.read(one.file)).decode("ascii")
                    yield {"name": one.name, "type": one.type, "content": content}

    def forget(self, connection: sa.Connection, subjects: Collection[int]) -> None:
        """Delete the files of a person who is erased; before their cases are removed."""
        for entry in self._of(connection, subjects):
            for one in entry.attachments:
                if one.file:
                    self._files.delete(one.file)

    def _of(self, connection: sa.Connection, subjects: Collection[int]) -> Iterator[Entry]:
        """Yield what was said to and by a person: in their own cases, and by them in those of others."""
        mine = set(chore_queries.cases_of(connection, subjects))
        others = set(queries.parts_of(connection, subjects)) - mine
        for entry in _entries(connection, sorted(mine | others)):
            if entry.subject in subjects or (entry.case in mine and not entry.subject):
                yield entry


def _entries(connection: sa.Connection, numbers: Collection[int]) -> Iterator[Entry]:
    for some in queries.entries(connection, numbers, bodies=True).values():
        yield from some
