"""Templates: what customers send stays a value, what is missing is told, and nothing runs for long."""

import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from beleef.content.filters import localised
from beleef.content.templating import MARK_END, MARK_START, Templates
from beleef.kernel.errors import InvalidInput
from tests.cast import DAAN, NOW

HOSTILE = "<script>alert(1)</script>{{ 7 | times: 6 }}{% render 'footer' %}\"'><img src=x onerror=alert(1)>"


def templates(*, escaped: bool = True, **blocks: str) -> Templates:
    return Templates(blocks, escaped=escaped, filters=localised("nl", "Europe/Amsterdam"))


def filled(source: str, *, escaped: bool = True, blocks: dict[str, str] | None = None, **values: Any) -> str:
    return templates(escaped=escaped, **(blocks or {})).fill(source, values).text


def test_a_value_with_html_in_it_is_shown_as_it_is_written() -> None:
    assert filled("{{ person.name }}", person={"name": DAAN.name}) == "Daan O&#39;Neill-Özdemir"
    shown = filled("{{ person.name }}", person={"name": HOSTILE})
    assert "<" not in shown
    assert "{{ 7 | times: 6 }}" in shown


def test_a_value_is_never_read_as_a_template() -> None:
    assert filled("{{ fact.note }}", escaped=False, fact={"note": "{{ organisation.name }}"}) == (
        "{{ organisation.name }}"
    )


@pytest.mark.parametrize("name", sorted(templates()._environment.filters))
def test_no_filter_lets_html_of_a_value_through(name: str) -> None:
    for value in (HOSTILE, [HOSTILE], {"name": HOSTILE}):
        try:
            shown = filled(f"{{{{ person.x | {name} }}}}", person={"x": value})
        except InvalidInput:
            continue
        assert "<script" not in shown
        assert "onerror=" not in shown.replace("&quot;", '"').replace("onerror=alert(1)&gt;", "")


def test_the_filters_that_undo_escaping_are_not_there() -> None:
    for name in ("safe", "url_decode", "base64_decode"):
        with pytest.raises(InvalidInput, match="unknown filter"):
            filled(f"{{{{ person.x | {name} }}}}", person={"x": "y"})


def test_nothing_of_the_program_can_be_reached() -> None:
    found = templates().fill(
        "{{ person.__class__ }}{{ person.name.__class__.__mro__ }}", {"person": {"name": "x"}}
    )
    assert found.text == ""
    assert found.missing == {"person.__class__", "person.name.__class__.__mro__"}


@pytest.mark.parametrize(
    ("source", "text", "missing"),
    [
        ("{{ person.gone }}", "", {"person.gone"}),
        ("{{ person.bare }}", "", {"person.bare"}),
        ("{{ person.nothing }}", "", {"person.nothing"}),
        ("{{ person.gone | default: 'klant' }}", "klant", set()),
        ("{{ person.bare | default: 'klant' }}", "klant", set()),
        ("{% if person.bare %}ja{% else %}nee{% endif %}", "nee", set()),
        ("{% if person.gone %}{{ person.gone }}{% endif %}", "", set()),
        ("{{ person.gone | upcase }}", "", {"person.gone"}),
        ("{{ person.gone | money }}", "", {"person.gone"}),
        ("{{ person.gone | date: '%Y' }}", "", {"person.gone"}),
        ("{{ items.products[fact.gone].name }}", "", {"items.products[fact.gone].name"}),
        ("{{ items.products['x'].name }}", "Mok", set()),
        ("{{ fact.product | lookup: 'products' | json }}", '{"name": "Mok"}'.replace('"', "&#34;"), set()),
        ("{% assign mine = '' %}[{{ mine }}]", "[]", set()),
    ],
)
def test_what_is_missing_is_noted_where_it_is_needed(source: str, text: str, missing: set[str]) -> None:
    values = {
        "person": {"bare": "  ", "nothing": None},
        "items": {"products": {"x": {"name": "Mok"}}},
        "fact": {"product": "x"},
    }
    found = templates().fill(source, values)
    assert (found.text, set(found.missing)) == (text, missing)


def test_a_preview_shows_the_path_of_what_is_missing() -> None:
    found = templates().fill("Dag {{ person.first_name }}", {}, marked=True)
    assert found.text == f"Dag {MARK_START}person.first_name{MARK_END}"


@pytest.mark.parametrize(
    "source",
    [
        "{% for i in (1..1000000) %}x{% endfor %}",
        "{% for i in (1..9999) %}{% for j in (1..9999) %}{% endfor %}{% endfor %}",
        "{{ (1..1000000000) | join: ',' }}",
        "{{ (1..1000000000) | size | times: 2 }}{{ (1..1000000000) | reverse | first }}",
        "{% assign a = 'aaaaaaaaaaaaaaaa' %}{% for i in (1..60) %}{% assign a = a | append: a %}{% endfor %}",
        "{% assign a = 'aaaaaaaaaaaaaaaa' %}{% for i in (1..13) %}{% assign a = a | append: a %}{% endfor %}{{ a | replace: 'a', a }}",
        "{% assign a = 9 %}{% for i in (1..200) %}{% assign a = a | times: a %}{% endfor %}{{ a }}",
        "{% render 'self' %}",
        "{% render 'twice' %}",
        "{% for i in (1..9999) %}{% render 'small' %}{% endfor %}",
        "{% for i in (1..9999) %}{{ long }}{% endfor %}",
    ],
)
def test_a_template_that_would_hang_the_sender_is_refused_at_once(source: str) -> None:
    blocks = {
        "self": "{% render 'self' %}",
        "twice": "{% render 'other' %}" * 20,
        "other": "{% render 'twice' %}" * 20,
        "small": "x",
    }
    begun = time.thread_time()
    with pytest.raises(InvalidInput) as refused:
        filled(source, blocks=blocks, long="x" * 1_000)
    assert refused.value.code == "template_error"
    assert time.thread_time() - begun < 5


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("een\n{{ person.name", "Line 2"),
        ("{% if %}", "Line 1"),
        ("\n\n{{ x | nothing }}", "Line 3: unknown filter"),
        ("{% render 'gone' %}", "There is no block gone"),
        ("{% include 'small' %}", "include"),
        ("{% break %}", "break"),
        ("{{ 1 | divided_by: 0 }}", "divide by 0"),
    ],
)
def test_what_is_wrong_with_a_template_is_said_with_its_line(source: str, said: str) -> None:
    with pytest.raises(InvalidInput, match=said) as refused:
        filled(source)
    assert refused.value.code == "template_error"


@given(st.text(max_size=60), st.text(max_size=40))
def test_whatever_is_written_or_sent_gives_a_text_or_a_refusal(source: str, value: str) -> None:
    try:
        shown = filled("{{ x }}" + source, x=value)
    except InvalidInput:
        return
    assert shown.startswith(filled("{{ x }}", x=value))


def test_dates_and_amounts_are_told_in_the_language_of_the_reader() -> None:
    moment = {"at": "2026-03-01T23:30:00Z", "total": 1234.5, "day": "2026-12-25"}
    assert filled("{{ fact.at | date: '%A %-d %B %Y %H:%M' }}", fact=moment) == "maandag 2 maart 2026 00:30"
    assert filled("{{ fact.day | date }}", fact=moment) == "25 december 2026"
    assert filled("{{ 'now' | date: '%d-%m' }}", now=NOW) == "02-03"
    assert filled("{{ fact.total | money }}", fact=moment).replace("\xa0", " ") == "€ 1.234,50"
    assert filled("{{ fact.total | number: 0 }}", fact=moment) == "1.234"
    english = Templates({}, escaped=False, filters=localised("en", "Europe/Amsterdam"))
    assert english.fill("{{ fact.day | date }}", {"fact": moment}).text == "25 December 2026"


def test_html_of_a_feed_is_made_safe_and_not_escaped_twice() -> None:
    value = {"text": "<b onclick=x>Vers</b><script>x</script> & goed"}
    assert filled("{{ fact.text | clean_html }}", fact=value) == "<b>Vers</b> &amp; goed"
