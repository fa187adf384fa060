"""Personal data taken out of texts before they are kept for searching: what can be checked is checked, so that order numbers stay.

It runs in the web process and loads nothing but the telephone library, and that only for texts that hold digits.
"""

import re
import unicodedata
from collections.abc import Callable, Sequence
from functools import cache, lru_cache
from typing import Final, NamedTuple

from beleef.text.lemmas import rows, stop_words
from beleef.text.model import KINDS, Kind, Redacted

_EMAIL: Final = re.compile(
    r"[\w.!#$%&'*+/=?^`{|}~-]{1,64}(?:@|\s?[\[(](?:at|apenstaartje)[\])]\s?)(?:\w[\w-]{0,62}\.){1,8}[^\W\d_][\w-]{1,24}"
)
_IBAN: Final = re.compile(r"(?<![^\W_])([A-Za-z]{2})(\d{2})(?=[ .-]?[A-Za-z0-9])")
_DIGITS_8_9: Final = re.compile(r"(?<![\w+.,/-])\d(?:[ .-]?\d){7,8}(?![\w]|[.,/-]\d)")
_CARD: Final = re.compile(r"(?<![\w+])[2-6]\d(?:[ -]?\d){11,17}(?!\w|[.,]\d)")
_PHONE: Final = re.compile(r"(?<![\w€$£-])(?<!\d[.,])(?:\+|00|\(?0)\d(?:[ ()./-]{0,3}\d){6,13}(?!\w)")
_DATE: Final = re.compile(r"0?\d{1,2}[-/. ]\d{1,2}[-/. ](?:19|20)?\d{2}\b|0\d[-/.]\d{2}\b(?![ -]?\d{3})")
_NUMBERED: Final = re.compile(
    r"(?:\b(?:order|bestel\w*|ordernr|factuur|invoice|klant|customer|zending\w*|shipment|parcel|pakket|track\w*|barcode|ticket|zaak|case|referentie|reference"
    r"|ref|dossier|artikel|article|item|serie|serial|polis|contract|retour|return|product|ean|isbn)(?:[ -]?(?:number|nummer|numbers|nummers|nr|no|id|code))?"
    r"|\bcode)\.?\s*(?:is|was|:|=|#)?\s*[#:]?\s*$|#\s*$",
    re.IGNORECASE,
)
"""What stands before a number that is a thing's, not a person's."""

_PERSONAL: Final = re.compile(
    r"\b(?:bsn|burgerservice\w*|sofi\w*|tel\w*|phone|mobiel\w*|mobile|bel\w*|call\w*|card|kaart\w*|creditcard\w*)[ -]?(?:number|nummer|nr|no)?\.?\s*"
    r"(?:is|was|:|=)?\s*$",
    re.IGNORECASE,
)
_STREET: Final = (
    r"(?:(?:Lange|Korte|Oude|Nieuwe|Grote|Kleine|Hoge|Lage|Eerste|Tweede|Derde|Verlengde|Sint) )?[A-ZÀ-Þ][\w'.-]{1,30}(?:straat|laan|weg|plein|gracht|kade|dijk|singel|hof|steeg|pad|plantsoen|dreef|park|burg|baan|markt|wal|lei)"
    r"|(?:[A-ZÀ-Þ][\w'.-]{1,20} ){1,3}(?:[Ss]traat|[Ll]aan|[Ww]eg|[Pp]lein|[Gg]racht|[Kk]ade|[Dd]ijk|[Ss]teenweg|[Bb]aan|[Mm]arkt)"
)
_NO_POSTCODE: Final = "in|is|of|en|er|te|om|op|al|we|je|ik|me|ze|na|nu|de|it|at|to|by|on|if|as|or|an|up|so|no|my|he|do|go|us|be|am|pm|km|kg|cm|mm|ml"
_POSTCODE: Final = rf"(?:(?![1-9]\d{{3}} (?:{_NO_POSTCODE})\b)(?!(?:19|20)\d\d (?i:{_NO_POSTCODE})\b)[1-9]\d{{3}} ?(?!(?i:SA|SD|SS))[A-Za-z]{{2}}(?!\w))"
_HOUSE: Final = r"\d{1,5}(?:[ -]?[A-Za-z](?![\w]))?"
_ADDRESS: Final = re.compile(
    rf"(?<!\w)(?:(?!(?:Onder|Halver|Van|Snel|Hoe|Zo|Al)weg\b)(?:{_STREET}) {_HOUSE}(?:,? {{0,2}}{_POSTCODE})?"
    rf"|{_POSTCODE}(?:,? {{0,2}}(?:(?:huis)?(?:nummer|nr\.?) ?)?{_HOUSE})(?!\w|[.,]\d)"
    rf"|{_HOUSE},? {{0,2}}{_POSTCODE}"
    r"|\d{1,4}[A-Za-z]? (?:[A-Z][a-z]+ ){1,3}(?:Street|Road|Avenue|Lane|Drive|Close|Court|Crescent|Terrace)(?!\w))"
)
_PLACEHOLDER: Final = re.compile("|".join(rf"\[{kind}\]" for kind in KINDS))
_PARTICLES: Final = frozenset(
    [
        "de",
        "den",
        "der",
        "des",
        "van",
        "het",
        "'t",
        "ter",
        "ten",
        "te",
        "in",
        "op",
        "la",
        "le",
        "les",
        "du",
        "di",
        "da",
        "von",
        "zu",
        "el",
        "al",
        "bij",
        "aan",
    ]
)
_IBAN_LENGTHS: Final = {
    "AD": 24, "AE": 23, "AL": 28, "AT": 20, "AZ": 28, "BA": 20, "BE": 16, "BG": 22, "BH": 22, "BR": 29, "CH": 21, "CR": 22,
    "CY": 28, "CZ": 24, "DE": 22, "DK": 18, "DO": 28, "EE": 20, "EG": 29, "ES": 24, "FI": 18, "FO": 18, "FR": 27, "GB": 22,
    "GE": 22, "GI": 23, "GL": 18, "GR": 27, "GT": 28, "HR": 21, "HU": 28, "IE": 22, "IL": 23, "IS": 26, "IT": 27, "JO": 30,
    "KW": 30, "KZ": 20, "LB": 28, "LI": 21, "LT": 20, "LU": 20, "LV": 21, "MC": 27, "MD": 24, "ME": 22, "MK": 19, "MR": 27,
    "MT": 31, "MU": 30, "NL": 18, "NO": 15, "PK": 24, "PL": 28, "PS": 29, "PT": 25, "QA": 29, "RO": 24, "RS": 22, "SA": 24,
    "SE": 24, "SI": 19, "SK": 24, "SM": 27, "TN": 24, "TR": 26, "UA": 29, "VA": 22, "VG": 24, "XK": 20,
}  # fmt: skip
"""Characters of an account number per country, from the IBAN registry (ISO 13616)."""


class _Piece(NamedTuple):
    """Personal data at a place."""

    start: int
    end: int
    kind: Kind


def redact(text: str, names: Sequence[str] = ()) -> Redacted:
    """Take personal data out of a text.

    Args:
        text: Any text.
        names: What the person is called, as known: `Anna`, `de Vries` or `Anna de Vries`.
    """
    text = unicodedata.normalize("NFC", text)
    named = _named(tuple(names))
    found: list[Kind] = []
    while pieces := _pieces(text, named):
        # Again until nothing is left: taking one thing out may set another free.
        text = _without(text, pieces)
        found += [piece.kind for piece in pieces]
    return Redacted(text=text, found=tuple(sorted(found, key=KINDS.index)))


def _pieces(text: str, named: re.Pattern[str] | None) -> list[_Piece]:
    """Return what is found, in order, none over another: where two overlap, the kind that stands first in ``KINDS`` wins."""
    held = [(match.start(), match.end()) for match in _PLACEHOLDER.finditer(text)] if "[" in text else []
    chosen: list[_Piece] = []
    for finder in _finders(text, named):
        for piece in finder(text):
            if not any(start < piece.end and piece.start < end for start, end in held):
                chosen.append(piece)
                held.append((piece.start, piece.end))
    return sorted(chosen)


def _finders(text: str, named: re.Pattern[str] | None) -> list[Callable[[str], list[_Piece]]]:
    finders: list[Callable[[str], list[_Piece]]] = []
    if "@" in text or "(at)" in text or "[at]" in text or "apenstaartje" in text:
        finders.append(_emails)
    if any(map(str.isdigit, text)):
        finders += [_ibans, _cards, _phones, _bsns, _addresses]
    if named is not None:
        finders.append(lambda given: _names(given, named))
    return finders


def _without(text: str, pieces: Sequence[_Piece]) -> str:
    parts, at = [], 0
    for piece in pieces:
        parts += [text[at : piece.start], f"[{piece.kind}]"]
        at = piece.end
    return "".join((*parts, text[at:]))


def _emails(text: str) -> list[_Piece]:
    return [_Piece(match.start(), match.end(), "e-mail") for match in _EMAIL.finditer(text)]


def _ibans(text: str) -> list[_Piece]:
    found = []
    for match in _IBAN.finditer(text):
        length = _IBAN_LENGTHS.get(match[1].upper(), 0)
        end = match.end()
        taken = match[1] + match[2]
        while end < len(text) and len(taken) < length:
            if text[end].isascii() and text[end].isalnum():
                taken += text[end]
            elif not (text[end] in " .-" and text[end - 1] not in " .-"):
                break
            end += 1
        is_whole = end >= len(text) or not text[end].isalnum()
        if length and len(taken) == length and is_whole and is_iban(taken):
            found.append(_Piece(match.start(), end, "iban"))
    return found


def is_iban(number: str) -> bool:
    """Return whether an account number of the right length is one: modulo 97 of ISO 7064 leaves 1."""
    turned = (number[4:] + number[:4]).upper()
    return int("".join(str(int(sign, 36)) for sign in turned)) % 97 == 1


def _cards(text: str) -> list[_Piece]:
    return [
        _Piece(match.start(), match.end(), "card")
        for match in _CARD.finditer(text)
        if is_card(_digits(match.group())) and not _is_a_things(text, match.start())
    ]


def is_card(number: str) -> bool:
    """Return whether 13 to 19 digits are a payment card: the Luhn check of ISO/IEC 7812-1."""
    total = 0
    for place, digit in enumerate(map(int, reversed(number))):
        doubled = 2 * digit if place % 2 else digit
        total += doubled - 9 if doubled > 9 else doubled
    return 13 <= len(number) <= 19 and total % 10 == 0


def _bsns(text: str) -> list[_Piece]:
    return [
        _Piece(match.start(), match.end(), "bsn")
        for match in _DIGITS_8_9.finditer(text)
        if is_bsn(_digits(match.group()))
        and (
            len(_digits(match.group())) == 9
            or _PERSONAL.search(text[max(0, match.start() - 40) : match.start()])
        )
        and not _is_a_things(text, match.start())
        and not _DATE.match(match.group())
    ]


def is_bsn(number: str) -> bool:
    """Return whether eight or nine digits are a Dutch citizen service number: the eleven-test, 9a + 8b + … + 2h - i."""
    digits = [int(digit) for digit in number.zfill(9)]
    total = sum(weight * digit for weight, digit in zip((9, 8, 7, 6, 5, 4, 3, 2, -1), digits, strict=True))
    return total % 11 == 0 and any(digits)


def _phones(text: str) -> list[_Piece]:
    found = []
    for match in _PHONE.finditer(text):
        written = match.group()
        if _DATE.match(written) or _is_a_things(text, match.start()):
            continue
        # `0612345678 2 keer`: digits after a space may belong to what follows.
        while written and not _is_phone(written):
            written = written[: max(written.rfind(" "), 0)].rstrip()
        if written:
            found.append(_Piece(match.start(), match.start() + len(written), "phone"))
    return found


@lru_cache(maxsize=5_000)
def _is_phone(written: str) -> bool:
    """Return whether it is a person's number: valid in the Netherlands, in Belgium, or in the country that it names."""
    import phonenumbers  # noqa: PLC0415 -- needed for few texts

    kinds = phonenumbers.PhoneNumberType
    for region in ("NL", "BE"):
        try:
            number = phonenumbers.parse(written, region)
        except phonenumbers.NumberParseException:
            continue
        if phonenumbers.is_valid_number(number):
            kind = phonenumbers.number_type(number)
            return kind not in {kinds.TOLL_FREE, kinds.PREMIUM_RATE, kinds.SHARED_COST, kinds.UAN}
    return False


def _addresses(text: str) -> list[_Piece]:
    return [_Piece(match.start(), match.end(), "address") for match in _ADDRESS.finditer(text)]


def _names(text: str, named: re.Pattern[str]) -> list[_Piece]:
    return [_Piece(match.start(), match.end(), "name") for match in named.finditer(_plain(text))]


@lru_cache(maxsize=1_000)
def _named(names: tuple[str, ...]) -> re.Pattern[str] | None:
    """Return what finds a person's names as whole words, with the particles between them; None where no name is known."""
    parts = {part for name in names for part in re.split(r"[\s,.-]+", _plain(name.strip()))}
    parts = {part for part in parts if len(part) > 1 and part.lower() not in _PARTICLES}
    if not parts:
        return None
    one = "|".join(sorted(map(_spelling, parts), key=lambda written: (-len(written), written)))
    any_case = "|".join(sorted(map(re.escape, parts), key=lambda written: (-len(written), written)))
    particles = "|".join(map(re.escape, sorted(_PARTICLES)))
    between = rf"(?!\w)[ -](?:(?i:{particles}) ){{0,3}}"
    # Two names together are the person in any case; one alone may be a word.
    return re.compile(rf"(?<!\w)(?:(?i:{any_case})(?:{between}(?i:{any_case}))+|(?:{one}))(?!\w)")


def _spelling(part: str) -> str:
    """Return a pattern for a name: in any case, but with a capital where it is an ordinary word too (Bos, Visser, Rose)."""
    if part.lower() in _ordinary_words():
        return f"{re.escape(part[0].upper())}(?i:{re.escape(part[1:])})"
    return f"(?i:{re.escape(part)})"


@cache
def _ordinary_words() -> frozenset[str]:
    listed = (word for row in rows("names-words.txt") for line in row for word in line.split())
    return frozenset(listed) | stop_words("nl") | stop_words("en")


def _plain(text: str) -> str:
    """Return a text of the same length without accents, so that José finds Jose."""
    if text.isascii():
        return text
    return "".join(unicodedata.normalize("NFD", sign)[0] for sign in text)


def _digits(text: str) -> str:
    return "".join(sign for sign in text if sign.isdigit())


def _is_a_things(text: str, start: int) -> bool:
    before = text[max(0, start - 40) : start]
    return bool(_NUMBERED.search(before)) and not _PERSONAL.search(before)
