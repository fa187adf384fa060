"""The small parts of the respondents' pages: colours that can be read, limits that keep nothing, a script that stays small."""

from pathlib import Path

import pytest

import beleef.feedback.respondent as respondent
from beleef.feedback.api import Sitting
from beleef.feedback.respondent.colour import contrast, dark_shades, light_shades, read_colour, style_sheet
from beleef.feedback.respondent.compacting import compacted
from beleef.feedback.respondent.limits import Counts
from beleef.feedback.respondent.sheet import Sheet, Sheets
from beleef.feedback.respondent.tickets import Ticket, Tickets
from beleef.feedback.respondent.trying import Trying
from beleef.kernel.clock import DAY
from beleef.kernel.errors import Conflict, InvalidInput, NotFound
from tests.cast import NOW

COLOURS = ("1d4ed8", "ffff00", "000000", "ffffff", "ff0000", "00ff00", "7f7f7f", "fde68a")
GROUNDS = {"light": ("faf8f5", "ffffff", "f3f0eb"), "dark": ("151412", "1d1b19", "121110", "282522")}


class Hand:
    """A clock that the test moves, in seconds."""

    def __init__(self) -> None:
        self.at = 100.0

    def __call__(self) -> float:
        return self.at


@pytest.mark.parametrize("colour", COLOURS)
def test_every_organisations_colour_can_be_read_in_both_themes(colour: str) -> None:
    for theme, shades in (("light", light_shades(colour)), ("dark", dark_shades(colour))):
        behind = [*GROUNDS[theme], shades.soft.removeprefix("#"), shades.on.removeprefix("#")]
        ratios = {ground: contrast(shades.accent.removeprefix("#"), ground) for ground in behind}
        assert min(ratios.values()) >= 4.5, ratios
        assert contrast(shades.strong.removeprefix("#"), shades.on.removeprefix("#")) >= 4.5


def test_a_colour_that_reads_well_stays_as_it_is() -> None:
    assert light_shades("1d4ed8").accent == "#1d4ed8"
    assert contrast("000000", "ffffff") == pytest.approx(21)


def test_what_is_no_colour_becomes_beleefs_own_and_nothing_gets_into_the_style() -> None:
    assert read_colour("#1D4ED8") == "1d4ed8"
    for text in ("red", "", "#12345", "12345g", "0;}body{"):
        assert read_colour(text) == "1d4fb8"
    assert style_sheet("1d4fb8").count("light-dark(") == 4


def test_the_script_on_the_wire_is_small_and_its_words_stay() -> None:
    script = (Path(respondent.__file__).parent / "widget.js").read_text()
    small = compacted(script)
    assert len(small.encode()) < 8_000
    for words in ('"/v1/widget/surveys?"', '"Bearer "', "nonce:me.nonce", '"aria-label"'):
        assert words in small
    assert "//" not in small.replace("https://", "")


def test_compacting_leaves_strings_and_line_ends_alone() -> None:
    assert compacted('a = "x  //  y" ; // gone\n\n  b( 1 , 2 )') == 'a="x  //  y";\nb(1,2)'
    assert compacted("s = `\n  p { margin: 0 ; }\n  a b { width: calc(1px - 2px); }`") == (
        "s=` p{margin:0;}a b{width:calc(1px - 2px);}`"
    )


def test_counting_starts_again_after_its_time() -> None:
    hand = Hand()
    counts = Counts(most=2, seconds=60, clock=hand)
    assert [counts.is_usual("a") for _ in range(3)] == [True, True, False]
    assert counts.is_usual("b")
    hand.at += 60
    assert counts.is_usual("a")


def test_a_sheet_is_read_where_it_was_written_and_by_its_own_key() -> None:
    sitting = Sitting(survey="visit", version=1, response="r", delivery="link", language="en")
    sheet = Sheet(path="/q/a", sitting=sitting, block="first", shown_at=NOW)
    text = Sheets(b"key").write(sheet)
    assert Sheets(b"key").read(text, "/q/a") == sheet
    for sheets, path, said in (
        (Sheets(b"key"), "/q/b", text),
        (Sheets(b"other"), "/q/a", text),
        (Sheets(b"key"), "/q/a", ""),
    ):
        with pytest.raises(InvalidInput):
            sheets.read(said, path)


def test_a_ticket_holds_for_a_day() -> None:
    tickets = Tickets(b"key")
    ticket = Ticket(survey="visit", response="r", at=NOW, language="en", origin="https://shop.example")
    text = tickets.write(ticket)
    assert tickets.read(text, NOW + DAY) == ticket
    with pytest.raises(Conflict):
        tickets.read(text, NOW + DAY + 1)
    with pytest.raises(NotFound):
        Tickets(b"other").read(text, NOW)


def test_a_trial_link_is_signed() -> None:
    trying = Trying(b"key", "https://cx.example.nl/")
    path = trying.path("visit", language="nl", block="more")
    assert path.endswith("?language=nl&block=more")
    assert trying.link("visit").startswith("https://cx.example.nl/t/")
    assert trying.read(path.removeprefix("/t/").partition("?")[0]) == "visit"
    with pytest.raises(NotFound):
        Trying(b"other").read(path.removeprefix("/t/").partition("?")[0])
