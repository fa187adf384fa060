"""The words by which a case is found: those of its title and messages, folded to one spelling."""

import re
import unicodedata

_WORD = re.compile(r"\w{2,40}")
MOST_WORDS = 60
"""Words of one message that are kept: enough to find it by, without a book of every letter that was ever pasted in."""


def words_of(text: str) -> list[str]:
    """Return the words of a text in one spelling (small letters, without accents), each once, in their order."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return list(dict.fromkeys(_WORD.findall(plain)))
