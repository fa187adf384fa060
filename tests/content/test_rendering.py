"""A message for one person: in their language, complete, safe to send."""

from typing import Any

import msgspec
import pytest

from beleef.content.markup import tags
from beleef.content.model import CHANNELS, PARTS, Message
from beleef.content.starters import starter
from beleef.content.variables import fact_variables, language_of, person_variables
from beleef.identity.api import PersonIdentifier
from beleef.kernel.errors import InvalidInput
from beleef.profiles.api import AccountProfile, ComputedTrait, HeldProduct, Profile, Trait
from tests.cast import ANNA, BAKERY, CHANTAL, DAAN, NOW
from tests.content.making import LINKS, composer, mail, section, sms, variables


def trait(value: Any) -> Trait:
    return Trait(value=value, occurred_at=NOW, source="shop", fact=1)


def profile(**traits: Any) -> Profile:
    return Profile(
        subjects=(7,),
        traits={name: trait(value) for name, value in traits.items()},
        computed={
            "orders": ComputedTrait(label="Orders", value=3),
            "revenue": ComputedTrait(label="Revenue", value=None),
        },
        channels={},
        products=(HeldProduct(product="P-1", name=None, quantity=1, first=NOW, last=NOW, active=True),),
        consents=(),
        first_seen=NOW,
        last_seen=NOW,
        facts=2,
    )


def test_a_mail_has_all_its_parts_and_a_text_made_from_its_html() -> None:
    made = composer().compose(
        mail(section("Dag <b>{{ person.name }}</b>")), variables(name=DAAN.name), version=3
    )
    assert list(made.parts) == [part.name for part in PARTS["email"]]
    assert (made.version, made.language, made.missing) == (3, "nl", ())
    assert "O&#39;Neill-Özdemir" in made.parts["body"]
    assert made.parts["text"].endswith(f"Dag {DAAN.name}")
    assert made.parts["subject"] == "Bericht"


def test_the_text_that_somebody_wrote_is_kept() -> None:
    made = composer().compose(mail(text="Dag {{ person.name }} & zo"), variables(name=DAAN.name), version=1)
    assert made.parts["text"] == f"Dag {DAAN.name} & zo"


def test_a_mail_asks_nothing_of_anybody_else() -> None:
    body = '<mjml><mj-head><mj-font name="X" href="https://fonts.example/x.css" /></mj-head><mj-body>{}</mj-body></mjml>'
    shown = composer().compose(mail(body.format(section("Dag"))), variables(), version=1).parts["body"]
    shown += (
        composer()
        .compose(mail("<style>@import url(https://x.example/a.css);</style><p>x</p>"), variables(), version=1)
        .parts["body"]
    )
    assert "fonts." not in shown
    assert "x.example" not in shown
    assert [tag.name for tag in tags(shown) if tag.name in {"link", "script"}] == []


def test_a_subject_is_one_line_whatever_is_in_it() -> None:
    message = mail(subject="Voor {{ person.name }}")
    made = composer().compose(message, variables(name="x\r\nBcc: all@example.nl"), version=1)
    assert made.parts["subject"] == "Voor x Bcc: all@example.nl"


def test_an_address_from_a_trait_cannot_run_code() -> None:
    for address in ("javascript:alert(1)", " JaVa\tScript:alert(1)", "data:text/html,x"):
        message = mail('<a href="{{ person.site }}">x</a>')
        assert address not in composer().compose(message, variables(site=address), version=1).parts["body"]
        button = mail(section('<a href="{{ person.site }}">x</a>'))
        made = composer().compose(button, variables(site=address), version=1).parts["body"]
        assert 'href="#"' in made


def test_what_is_missing_is_refused_for_sending_and_marked_in_a_preview() -> None:
    message = mail(section('Dag {{ person.first_name }} <a href="{{ fact.url }}">x</a>'))
    with pytest.raises(InvalidInput, match=r"fact.url, person.first_name") as refused:
        composer().compose(message, variables(), version=1)
    assert refused.value.code == "missing_value"
    shown = composer().compose(message, variables(), version=0, strict=False, marking="shown")
    assert shown.missing == ("fact.url", "person.first_name")
    assert ">person.first_name</mark>" in shown.parts["body"]
    assert 'href="fact.url"' in shown.parts["body"]
    quiet = composer().compose(message, variables(), version=0, strict=False)
    assert "first_name" not in quiet.parts["body"]


@pytest.mark.parametrize(
    ("known", "wish", "own", "chosen"),
    [
        ({"language": "en-GB"}, "", "nl", "en"),
        ({"locale": "nl_NL"}, "", "en", "nl"),
        ({"language": "Nederlands"}, "", "en", "nl"),
        ({"language": "fr"}, "", "nl", "nl"),
        ({}, "", "en", "en"),
        ({"language": "nl"}, "en", "nl", "en"),
    ],
)
def test_people_get_their_own_language_else_the_organisations(
    known: dict[str, str], wish: str, own: str, chosen: str
) -> None:
    made = composer(language=own).compose(sms("Dag"), variables(**known), version=1, language=wish)
    assert made.language == chosen


def test_a_language_that_is_not_complete_is_not_sent() -> None:
    message = msgspec.structs.replace(
        mail(), texts={"nl": {"subject": "x"}, "en": {"subject": "x", "body": "<p>Hello</p>"}}
    )
    assert composer().compose(message, variables(), version=1, language="nl").language == "en"
    empty = msgspec.structs.replace(message, texts={"nl": {"subject": "x"}})
    with pytest.raises(InvalidInput, match="complete in no language"):
        composer().compose(empty, variables(), version=1)


@pytest.mark.parametrize("channel", CHANNELS)
def test_what_a_new_message_begins_with_can_be_sent_on_every_channel(channel: Any) -> None:
    blocks = {"header": section("K"), "greeting": section("Dag"), "footer": section("Tot ziens")}
    message = Message(name="m", label="M", channel=channel, purpose="service", texts=starter(channel))
    made = composer(blocks).compose(message, {**variables(id="7"), "fact": {"a": 1}}, version=1)
    assert list(made.parts) == [part.name for part in PARTS[message.channel]]
    assert all(made.parts[part.name] for part in PARTS[message.channel] if part.required)


def test_a_webhook_gets_json_or_is_not_sent() -> None:
    body = '{"name": {{ person.name | json }}, "fact": {{ fact | json }}}'
    message = Message(
        name="w", label="W", channel="webhook", purpose="transactional", texts={"nl": {"body": body}}
    )
    known = {**variables(name='a"b\n'), "fact": {"total": 1.5}}
    made = composer().compose(message, known, version=1).parts["body"]
    assert msgspec.json.decode(made) == {"name": 'a"b\n', "fact": {"total": 1.5}}
    raw = msgspec.structs.replace(message, texts={"nl": {"body": '{"name": "{{ person.name }}"}'}})
    with pytest.raises(InvalidInput, match="no JSON"):
        composer().compose(raw, known, version=1)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (
            "<mj-section>\n<mj-column>\n<mj-text>a</mj-tekst>\n</mj-column></mj-section>",
            "Line 3: </mj-tekst>",
        ),
        ("<mj-section>\n<mj-column>\n", "Line 3: </mj-body>"),
        ("<mj-section>\n<mj-kolom></mj-kolom></mj-section>", "Line 2: MJML has no element <mj-kolom>"),
        (
            "<mj-section><mj-column>\n<mj-text>\n<p>a</b></p></mj-text></mj-column></mj-section>",
            "Line 3: </b>",
        ),
        (
            "<mj-section><mj-column>\n<mj-text color=red>a</mj-text></mj-column></mj-section>",
            "Line 2: The attribute color",
        ),
        ("<mj-section><mj-column>\n<mj-text>1 < 2</mj-text></mj-column></mj-section>", "Line 2: A lone"),
        ('<mj-include path="/etc/passwd" />', "Line 1"),
    ],
)
def test_broken_mjml_is_refused_with_the_line(body: str, said: str) -> None:
    with pytest.raises(InvalidInput, match=said) as refused:
        composer().compose(mail(body), variables(), version=1)
    assert refused.value.code == "mjml_error"
    assert refused.value.message.startswith("body (nl)")


def test_rare_letters_in_attributes_stay_what_they_are() -> None:
    body = '<mj-section><mj-column><mj-image src="/media/a.png" alt="👨‍👩‍👧 à la carte \\ 1" /></mj-column></mj-section>'
    assert (
        'alt="👨‍👩‍👧 à la carte \\ 1"' in composer().compose(mail(body), variables(), version=1).parts["body"]
    )


def test_pasted_html_keeps_its_looks_and_loses_what_acts() -> None:
    pasted = (
        '<html><head><style>p{color:red}</style></head><body onload="x()"><table bgcolor="#eeeeee" cellpadding="4"><tr>'
        '<td style="color:#111111" onclick="x()">Dag <b>{{ person.name }}</b></td></tr></table><script>x</script>'
        "<!--[if mso]><p>Outlook</p><![endif]--><iframe src=x></iframe></body></html>"
    )
    made = composer().compose(mail(pasted), variables(name=ANNA.name), version=1).parts["body"]
    assert '<td style="color:#111111">Dag <b>Anna de Vries</b></td>' in made
    assert "<style>p{color:red}</style>" in made
    assert "<!--[if mso]><p>Outlook</p><![endif]-->" in made
    assert not any(word in made for word in ("onload", "onclick", "<script", "<iframe"))


def test_blocks_fall_back_to_a_language_that_they_have() -> None:
    made = composer({"foot": "Groet {{ organisation.name }}\n"}).compose(
        sms("Hi. {% render 'foot' %}"), variables(), version=1, language="en"
    )
    assert made.parts["text"] == "Hi. Groet Kersten & Co"


def test_a_profile_gives_the_names_that_templates_use() -> None:
    known = person_variables(
        profile(firstName="Chantal", lastName="Smit", locale="nl-NL", age=None),
        [
            (
                BAKERY.group_id,
                AccountProfile(
                    account=BAKERY.group_id,
                    traits={"name": trait("Bakkerij")},
                    channels={},
                    first_seen=1,
                    last_seen=1,
                    facts=1,
                ),
            )
        ],
        [PersonIdentifier(namespace="email", value=CHANTAL.email, first_at=NOW, source="shop", subject=7)],
    )
    person = known["person"]
    assert (person["first_name"], person["name"], person["email"]) == (
        "Chantal",
        "Chantal Smit",
        CHANTAL.email,
    )
    assert person["computed"] == {"orders": 3}
    assert "age" not in person
    assert person["products"][0]["name"] == "P-1"
    assert known["account"] == {"name": "Bakkerij", "number": BAKERY.group_id}
    assert language_of(known) == "nl"


def test_one_name_is_taken_apart_and_two_are_put_together() -> None:
    whole = person_variables(profile(name=DAAN.name))["person"]
    assert (whole["first_name"], whole["last_name"]) == ("Daan", "O'Neill-Özdemir")
    assert person_variables(profile())["person"].get("name") is None
    assert person_variables(profile())["account"] == {}


def test_a_fact_gives_its_properties_and_its_name() -> None:
    known = fact_variables({"total": 3}, name="Order Completed", occurred_at=NOW)["fact"]
    assert known == {"event": "Order Completed", "occurred_at": "2026-03-02T09:00:00.000Z", "total": 3}


def test_the_links_of_a_message_reach_its_readers() -> None:
    made = composer().compose(sms("Afmelden: {{ links.unsubscribe }}"), variables(), version=1)
    assert made.parts["text"] == f"Afmelden: {LINKS['unsubscribe']}"
