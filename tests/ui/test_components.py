"""Components: channels, timelines, icons, JSON."""

import re

import pytest

from beleef.kernel.clock import DAY
from beleef.ui import static
from beleef.ui.components import CHANNELS, Icon, TimelineEntry, by_day, channel_mark
from beleef.ui.json_view import DEPTH_SHOWN, ENTRIES_SHOWN, LETTERS_SHOWN, json_markup
from beleef.ui.page import TEMPLATES
from beleef.ui.words import translator
from tests.ui.gallery import NOW

EN, NL = translator("en"), translator("nl")


def icons_drawn() -> set[str]:
    return set(re.findall(r'<symbol id="([a-z-]+)"', (static.OWN_FOLDER / "icons.svg").read_text()))


def test_every_icon_that_may_be_named_is_drawn() -> None:
    assert icons_drawn() == set(Icon.__args__)  # type: ignore[attr-defined]


def test_every_icon_that_a_template_names_is_drawn() -> None:
    named = {
        name
        for path in TEMPLATES.glob("*.html")
        for name in re.findall(r'icon\("([^"]+)"\)', path.read_text())
    }
    assert named
    assert named <= icons_drawn()


def test_every_channel_has_a_drawing_and_a_colour() -> None:
    style = (static.OWN_FOLDER / "beleef.css").read_text()
    for channel in CHANNELS:
        assert channel in icons_drawn()
        assert f".channel-{channel} " in style
        assert f".fill-{channel} " in style


def test_an_unknown_channel_keeps_its_name_and_looks_like_other() -> None:
    assert channel_mark("trade fair", NL).label == "trade fair"
    assert channel_mark("trade fair", NL).look == "other"
    assert channel_mark("phone", NL).label == "Telefoon"


def test_entries_stand_under_the_day_of_the_readers_zone() -> None:
    late = NOW - NOW % DAY + 23 * 3_600_000_000 + 1_800_000_000
    mark = channel_mark("web", EN)
    entries = [
        TimelineEntry(moment=late, channel=mark, title="late"),
        TimelineEntry(moment=NOW, channel=mark, title="noon"),
    ]
    assert [(day.label, len(day.entries)) for day in by_day(entries, EN)] == [
        ("Friday 6 March 2026", 1),  # 23:30 in UTC is 00:30 of the next day in Amsterdam
        ("Thursday 5 March 2026", 1),
    ]
    assert [day.label for day in by_day(entries, translator("nl", "UTC"))] == ["donderdag 5 maart 2026"]


@pytest.mark.parametrize("value", [None, True, 0, -1.5, "text", [], {}, [1, {"a": None}], {"k": [{}]}])
def test_any_json_is_shown(value: object) -> None:
    assert json_markup(value, EN).startswith('<div class="json">')


def test_words_of_json_look_as_in_json() -> None:
    html = json_markup({"a": None, "b": True, "<c>": "<d>"}, EN)
    assert '<span class="json-word">null</span>' in html
    assert '<span class="json-word">true</span>' in html
    assert "&lt;c&gt;" in html
    assert "<d>" not in html


def test_json_of_any_size_is_cut_and_says_so() -> None:
    deep: object = "bottom"
    for _ in range(10_000):
        deep = [deep]
    assert "deeper than is shown here" in json_markup(deep, EN)
    assert json_markup(deep, EN).count("<details") == DEPTH_SHOWN
    assert "and 50 more" in json_markup(list(range(ENTRIES_SHOWN + 50)), EN)
    assert "en nog 1 letter" in json_markup("x" * (LETTERS_SHOWN + 1), NL)
