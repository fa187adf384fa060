"""Draws letters as PDF: A4, the address where the window of a DIN long envelope is (DIN 5008, form B).

The same letters give the same bytes, so a batch that is fetched twice can be compared.
"""

from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Any

from babel import Locale
from babel.dates import format_date

from beleef.contact.channels.letter.model import Letter, LetterSettings
from beleef.kernel.clock import to_datetime
from beleef.kernel.errors import InvalidInput

_LEFT, _RIGHT, _BOTTOM = 25.0, 20.0, 25.0
_WINDOW_TOP, _ADDRESS_TOP, _DATE_TOP, _BODY_TOP = 45.0, 52.0, 92.0, 105.0
_LINE = 5.0
_FAMILY = "letter"


def draw(letters: Iterable[Letter], settings: LetterSettings) -> bytes:
    """Return letters as one PDF, each from a new page on.

    Raises:
        InvalidInput: the typeface cannot be read, or lacks a letter; code ``unprintable``.
    """
    from fpdf.errors import FPDFException  # noqa: PLC0415 -- loads its typefaces only where letters are drawn

    given = list(letters)
    pdf = _paper(settings)
    if given:
        pdf.set_creation_date(to_datetime(max(letter.at for letter in given)))
    try:
        for letter in given:
            _draw_one(pdf, letter, settings)
        return bytes(pdf.output())
    except (FPDFException, UnicodeEncodeError) as error:
        raise InvalidInput(
            "The letter has signs that its typeface lacks.",
            hint="Name a TrueType file with them in the settings of the channel.",
            code="unprintable",
        ) from error


def missing_signs(texts: Iterable[str], settings: LetterSettings) -> bool:
    """Return whether the typeface lacks a sign of some texts."""
    pdf = _paper(settings)
    if settings.typeface:
        known = pdf.fonts[_FAMILY].cmap
        return any(ord(sign) not in known for text in texts for sign in text if not sign.isspace())
    return any(not _is_western(text) for text in texts)


def _is_western(text: str) -> bool:
    try:
        text.encode("cp1252")
    except UnicodeEncodeError:
        return False
    return True


def _paper(settings: LetterSettings) -> Any:
    from fpdf import FPDF  # noqa: PLC0415

    pdf = FPDF(format="A4", unit="mm")
    pdf.set_margins(_LEFT, _LEFT, _RIGHT)
    pdf.set_auto_page_break(auto=True, margin=_BOTTOM)
    pdf.core_fonts_encoding = "windows-1252"
    if settings.typeface:
        if not Path(settings.typeface).is_file():
            raise InvalidInput(
                "The typeface is not there.",
                hint="Name a TrueType file on this machine.",
                code="invalid_channel",
            )
        pdf.add_font(_FAMILY, fname=settings.typeface)
    return pdf


def _draw_one(pdf: Any, letter: Letter, settings: LetterSettings) -> None:
    family = _FAMILY if settings.typeface else "helvetica"
    pdf.add_page()
    pdf.set_font(family, size=7.5)
    pdf.set_xy(_LEFT, _WINDOW_TOP)
    pdf.cell(h=4, text=" · ".join(settings.sender[:4]))
    pdf.set_font(family, size=11)
    for index, line in enumerate(letter.address):
        pdf.set_xy(_LEFT, _ADDRESS_TOP + index * _LINE)
        pdf.cell(h=_LINE, text=line)
    locale = Locale.parse("nl_NL" if letter.language == "nl" else "en_GB")
    written = format_date(date.fromisoformat(letter.day), format="long", locale=locale)
    pdf.set_xy(_LEFT, _DATE_TOP)
    pdf.cell(h=_LINE, text=f"{settings.place}, {written}" if settings.place else written)
    pdf.set_xy(_LEFT, _BODY_TOP)
    for paragraph in letter.body.split("\n\n"):
        pdf.multi_cell(w=0, h=_LINE + 0.5, text=paragraph.strip(), align="L", new_x="LMARGIN", new_y="NEXT")
        pdf.ln(_LINE / 2)
