"""Texts as words with their places, cut into clauses: the pieces within which a negator works and a theme gets its tone."""

import re
from typing import Final, Literal, NamedTuple

Role = Literal["plain", "before contrast", "after contrast"]

_TOKEN: Final = re.compile(
    r"(?P<token>\[[a-z-]{3,7}\])"
    r"|(?P<face>(?:[:;]'?-?[()D/](?!/)|<3))"
    r"|(?P<word>[^\W\d_]+(?:['\u2019\u02bc-][^\W\d_]+)*)"
    r"|(?P<number>\d+(?:[.,:]\d+)*)"
    r"|(?P<stop>[.!?\u2026;\n]+)"
    r"|(?P<pause>,|\(|\)| [-\u2013\u2014] |:)"
    r"|(?P<emoji>[\u203c-\u3299\U0001f000-\U0001faff])"
)
_CONTRAST: Final = {
    "nl": frozenset(("maar", "echter", "desondanks", "toch", "daarentegen")),
    "en": frozenset(("but", "however", "yet", "nevertheless", "except")),
}
_CONCESSION: Final = {
    "nl": frozenset(("hoewel", "ondanks", "ofschoon", "terwijl", "alhoewel")),
    "en": frozenset(("although", "though", "despite", "whereas", "while")),
}
_NO_CONTRAST: Final = {
    "nl": (frozenset(("nog", "alleen", "slechts", "dan", "doe", "nou")), frozenset(("liefst", "een", "één", "weer", "wel"))),
    "en": (frozenset(("nothing", "anything", "all", "not", "as")), frozenset(("also",))),
}  # fmt: skip
"""Words before and after which a word of contrast means something else: `nog maar`, `maar liefst`, `nothing but`."""

_LONGEST_CLAUSE: Final = 60
"""Tokens after which a clause is cut where nothing else does: the work on a clause grows with the square of its length."""


class Token(NamedTuple):
    """One word, number, emoji or sign.

    Attributes:
        form: As written, in lower case with straight apostrophes.
        start: Where it begins in the text.
        end: Where it ends.
        kind: What it is: ``word``, ``number``, ``face``, ``emoji``, ``stop``, ``pause``, or ``token`` for a redacted piece.
    """

    form: str
    start: int
    end: int
    kind: str


class Clause(NamedTuple):
    """Words that belong together.

    Attributes:
        first: Position of its first token.
        end: Position after its last token.
        role: Whether it stands before or after a contrast.
        sentence: Number of its sentence.
    """

    first: int
    end: int
    role: Role
    sentence: int


def tokens(text: str) -> list[Token]:
    """Return a text's tokens in order."""
    found = []
    for match in _TOKEN.finditer(text):
        kind = match.lastgroup or ""
        form = match.group()
        if kind == "word":
            form = form.lower().replace("\u2019", "'").replace("\u02bc", "'")
        found.append(Token(form, match.start(), match.end(), kind))
    return found


def clauses(given: list[Token], language: str) -> list[Clause]:
    """Cut tokens into clauses at signs and at words of contrast (`maar`, `but`) and concession (`hoewel`, `although`).

    Args:
        given: Tokens of one text.
        language: `nl` or `en`; for any other, signs alone count.
    """
    contrast, concession = _CONTRAST.get(language, ()), _CONCESSION.get(language, ())
    done: list[Clause] = []
    first, sentence, opened, role = 0, 0, 0, "plain"
    for index, token in enumerate(given):
        if token.kind == "stop":
            done.append(Clause(first, index, _role(role), sentence))
            first, sentence, opened, role = index + 1, sentence + 1, len(done), "plain"
        elif token.kind == "pause":
            done.append(Clause(first, index, _role(role), sentence))
            first = index + 1
            role = "after contrast" if role == "before contrast" and token.form == "," else role
        elif token.kind == "word" and token.form in contrast and _contrasts(given, index, language):
            done.append(Clause(first, index, _role(role), sentence))
            done[opened:] = [one._replace(role="before contrast") for one in done[opened:]]
            first, opened, role = index + 1, len(done), "after contrast"
        elif token.kind == "word" and token.form in concession:
            done.append(Clause(first, index, "plain" if first == index else "after contrast", sentence))
            first, role = index + 1, "before contrast"
        elif index - first >= _LONGEST_CLAUSE:
            done.append(Clause(first, index, _role(role), sentence))
            first = index
    done.append(Clause(first, len(given), _role(role), sentence))
    return [one for one in done if one.end > one.first]


def _role(role: str) -> Role:
    return role if role in {"before contrast", "after contrast"} else "plain"  # type: ignore[return-value] # narrowed by the set


def _contrasts(given: list[Token], index: int, language: str) -> bool:
    before, after = _NO_CONTRAST[language]
    return not (
        (index > 0 and given[index - 1].form in before)
        or (index + 1 < len(given) and given[index + 1].form in after)
    )
