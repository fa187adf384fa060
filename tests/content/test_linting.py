"""Checks: each finds what it is for, and is silent where all is well."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from beleef.content.filters import FILTERS, localised
from beleef.content.linting import lint
from beleef.content.mail import contrast
from beleef.content.model import CHANNELS, PARTS, Block, Finding, Message
from beleef.content.variables import LINKS, ROOTS
from beleef.content.wording import _SENTENCES, place, sentence
from beleef.ui.words import translator
from tests.content.making import composer, mail, section, sms

GOOD = section('Dag <a href="{{ links.unsubscribe }}">Afmelden</a>')


def codes(message: Message | Block, language: str = "nl") -> set[str]:
    found = lint(message, composer({"foot": GOOD}), feeds=("products",))
    return {one.code for one in found if one.language in {"", language}}


def both(message: Message) -> Message:
    return msgspec.structs.replace(message, texts={"nl": message.texts["nl"], "en": message.texts["nl"]})


def test_a_good_message_is_in_order() -> None:
    assert lint(both(mail(GOOD, purpose="marketing")), composer()) == ()


@pytest.mark.parametrize(
    ("message", "code"),
    [
        (mail(GOOD, subject=""), "no_part"),
        (mail(""), "no_part"),
        (mail(GOOD, preheader=""), "no_preheader"),
        (mail(section("")), "no_words"),
        (mail("<mj-section>"), "broken"),
        (mail("{% if %}"), "broken"),
        (mail("{% render 'gone' %}"), "broken"),
        (mail(section("{{ persoon.naam }}")), "unknown_value"),
        (mail(section("{{ links.unsubscrib }}")), "unknown_value"),
        (mail(section("{{ items.producten[fact.id].name }}")), "unknown_feed"),
        (mail(section("{{ person.first_name }}")), "no_default"),
        (mail(section("x"), subject="{{ fact.order_id }}"), "no_default"),
        (mail(section("Bestel nu met korting")), "promotion"),
        (mail(section("Your feedback, 20% off"), purpose="survey"), "promotion"),
        (mail(section("Dag"), purpose="marketing"), "no_way_out"),
        (sms("Kom langs", purpose="marketing"), "no_way_out"),
        (mail(GOOD, subject="x" * 90), "long_subject"),
        (mail(section("x" * 100_001)), "too_large"),
        (mail(section('<span style="color:#bbbbbb">grijs</span>')), "faint"),
        (mail('<div style="background:#000"><p>zwart op zwart</p></div>'), "faint"),
        (mail(section('<a href="#">x</a>')), "empty_link"),
        (mail(section('<a href="https://">x</a>')), "broken_link"),
        (mail(section('<a href="https://a b.nl">x</a>')), "broken_link"),
        (mail(section('<a href="htp://a.nl">x</a>')), "empty_link"),
        (mail(section('<a href="https://localhost/x">x</a>')), "broken_link"),
        (mail(section('<a href="/winkel">x</a>')), "relative_link"),
        (mail(section('<a href="www.a.nl">x</a>')), "relative_link"),
        (mail(section('<a href="http://a.nl">x</a>')), "insecure_link"),
        (mail('<img src="/media/a.png">x'), "no_alt"),
        (mail('<img src="" alt="x">x'), "empty_picture"),
        (mail('<img src="https://elsewhere.example/a.png" alt="x">'), "remote_picture"),
        (sms("x" * 161), "long_sms"),
        (sms("€€ 😀" + "x" * 70), "long_sms"),
    ],
)
def test_a_check_finds_what_it_is_for(message: Message, code: str) -> None:
    assert code in codes(message)


@pytest.mark.parametrize(
    ("message", "code"),
    [
        (mail(section("{{ person.first_name | default: 'klant' }}")), "no_default"),
        (mail(section("{% if fact.total %}{{ fact.total }}{% endif %}")), "no_default"),
        (mail(section("{% for p in fact.products %}{{ p.name }}{% endfor %}")), "no_default"),
        (mail(section("{% assign naam = person.name %}{{ naam }}")), "unknown_value"),
        (mail(section("{{ items.products[fact.id].name | default: '' }}")), "unknown_feed"),
        (mail(section("Bestel nu met korting"), purpose="marketing"), "promotion"),
        (mail("{% render 'foot' %}", purpose="marketing"), "no_way_out"),
        (sms("x {{ links.preferences }}", purpose="marketing"), "no_way_out"),
        (mail(section('<span style="color:#bbbbbb;display:none">x</span>')), "faint"),
        (mail(section('<span style="color:#8a8a8a;font-size:26px">groot</span>')), "faint"),
        (mail(section('<a href="https://münchen.example/ü?x=1#y">x</a>')), "broken_link"),
        (mail(section('<a href="{{ fact.url | default: "https://a.nl" }}">x</a>')), "broken_link"),
        (mail(section('<a href="mailto:a@b.nl">x</a>')), "relative_link"),
        (mail('<img src="/media/a.png" alt="">x'), "no_alt"),
        (mail('<img src="/media/a.png" alt="x">x'), "remote_picture"),
        (sms("x" * 160), "long_sms"),
        (sms("korte tekst met € en é"), "long_sms"),
    ],
)
def test_a_check_is_silent_where_all_is_well(message: Message, code: str) -> None:
    assert code not in codes(message)


def test_a_language_without_text_is_told_and_is_no_error() -> None:
    found = lint(mail(GOOD), composer())
    assert [(one.code, one.language, one.severity) for one in found] == [("no_language", "en", "warning")]


def test_errors_come_first_and_everything_once() -> None:
    found = lint(mail(section("{{ person.a }}{{ person.a }}{{ wrong }}"), preheader=""), composer())
    assert [one.severity for one in found] == sorted(
        (one.severity for one in found), key=["error", "warning", "note"].index
    )
    assert len([one for one in found if one.code == "no_default"]) == 1


def test_a_block_may_take_values_that_its_users_give() -> None:
    block = Block(
        name="knop",
        label="Knop",
        texts={
            "nl": {"mail": section('<a href="{{ url }}">{{ text }}</a>'), "text": "{{ text }}: {{ url }}"}
        },
    )
    assert [one.code for one in lint(block, composer())] == ["no_language"]
    broken = msgspec.structs.replace(block, texts={"nl": {"mail": "<mj-section>"}})
    assert "broken" in codes(broken)
    assert "no_text" in codes(msgspec.structs.replace(block, texts={}))


def test_odd_filters_on_samples_do_not_count_as_errors() -> None:
    body = section(
        "{{ fact.total | plus: 1 | money }} {{ fact.list | where: 'a', 'b' | map: 'c' | join: ', ' }}"
    )
    assert "broken" not in codes(mail(body))


def test_a_webhook_without_json_is_an_error() -> None:
    message = Message(
        name="w",
        label="W",
        channel="webhook",
        purpose="service",
        texts={"nl": {"body": '{"a": "{{ fact.x }}'}},
    )
    assert "broken" in codes(message)


@pytest.mark.parametrize(
    ("one", "other", "ratio"),
    [
        ("#000000", "#ffffff", 21.0),
        ("#777777", "#ffffff", 4.48),
        ("#ffffff", "#ffffff", 1.0),
        ("#1d4ed8", "#ffffff", 6.70),
    ],
)
def test_contrast_is_that_of_the_guideline(one: str, other: str, ratio: float) -> None:
    assert contrast(one, other) == pytest.approx(ratio, abs=0.01)
    assert contrast(other, one) == contrast(one, other)


def test_every_finding_is_said_in_both_languages() -> None:
    values: dict[str, Any] = dict.fromkeys(
        (
            [
                "path",
                "feed",
                "message",
                "word",
                "letters",
                "size",
                "text",
                "colour",
                "background",
                "contrast",
                "link",
                "picture",
                "parts",
            ]
        ),
        "7",
    )
    for code in _SENTENCES:
        finding = Finding(code=code, severity="error", language="nl", part="body", values=values)
        english, dutch = sentence(finding, translator("en")), sentence(finding, translator("nl"))
        assert english
        assert code == "broken" or english != dutch
        assert place(finding, translator("nl")) == "Nederlands, Inhoud"


def test_the_reference_names_every_check_filter_root_and_part() -> None:
    page = (Path(__file__).parents[2] / "docs" / "reference" / "messages.md").read_text()
    parts = {part.name for parts in PARTS.values() for part in parts}
    named = {
        *_SENTENCES,
        *FILTERS,
        *localised("nl", "UTC"),
        *CHANNELS,
        *parts,
        *LINKS,
        *(ROOTS - {"today", "forloop"}),
    }
    assert {name for name in named if f"`{name}`" not in page} == set()
