"""What is taken out of texts, and what stays: order numbers, dates, amounts, and names that are only words."""

import pytest

from beleef.text.api import KINDS, redact
from beleef.text.redacting import is_bsn, is_card, is_iban
from tests.cast import ANNA, BRAM


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("Mail me op Anna.de.Vries@example.nl graag", "Mail me op [e-mail] graag"),
        ("anna (at) example.nl", "[e-mail]"),
        ("first+tag@sub.example.co.uk, thanks", "[e-mail], thanks"),
        ("bel 06 12345678!", "bel [phone]!"),
        ("bel 0612345678 2 keer", "bel [phone] 2 keer"),
        ("(020) 123 45 67 of 020-1234567", "[phone] of [phone]"),
        ("+31 (0)6 1234 5678", "[phone]"),
        ("tel.06-12345678", "tel.[phone]"),
        ("Belgisch nummer 0475/12.34.56", "Belgisch nummer [phone]"),
        ("+44 20 7946 0958 is mine", "[phone] is mine"),
        ("0031612345678", "[phone]"),
        ("rekening NL91 ABNA 0417 1643 00 is van mij", "rekening [iban] is van mij"),
        ("NL91ABNA0417164300.", "[iban]."),
        ("be71 0961 2345 6769", "[iban]"),
        ("GB82-WEST-1234-5698-7654-32", "[iban]"),
        ("bsn 111222333", "bsn [bsn]"),
        ("Mijn BSN: 1112.22.333", "Mijn BSN: [bsn]"),
        ("card 4111 1111 1111 1111 charged twice", "card [card] charged twice"),
        ("5500-0000-0000-0004", "[card]"),
        ("Ik woon op Dorpsstraat 12a, 1234 AB Utrecht", "Ik woon op [address] Utrecht"),
        ("1234AB 12 staat niet in het systeem", "[address] staat niet in het systeem"),
        ("postcode 1234 ab nr 5", "postcode [address]"),
        ("Lange Nieuwstraat 4 in Gent", "[address] in Gent"),
        ("It went to 12 High Street instead", "It went to [address] instead"),
    ],
)
def test_personal_data_is_taken_out(text: str, left: str) -> None:
    assert redact(text).text == left


@pytest.mark.parametrize(
    "text",
    [
        "Ordernummer 111222333 is kwijt",
        "Bestelling #111222333",
        "order no. 4111111111111111",
        "bestelnummer: 0612345678",
        "factuur 20240301 en klantnummer 123456782",
        "Track & trace 3SKABA012345678",
        "NL92ABNA0417164300",
        "4111 1111 1111 1112",
        "123456789",
        "op 01-02-2024 10:30 gebeld",
        "tussen 08-12-2024 en 09-12-2024",
        "het kostte 1.234,56 euro",
        "in 2024 is het 3 keer gebeurd",
        "THIS YEAR 2024 IS 3 TIMES WORSE",
        "van 9 tot 17 uur, 24/7",
        "0800 1234567 gebeld",
        "Onderweg 2 pakketten kwijt",
        "maat 42, model 1000 mm",
        "10 van de 10",
        "@beleef kijk even",
    ],
)
def test_what_is_nobodys_stays(text: str) -> None:
    assert redact(text).text == text


def test_known_names_are_taken_out_as_whole_words_in_any_case() -> None:
    names = (ANNA.name,)
    text = "anna de Vries, Annabel en mevrouw De Vries. ANNA's bestelling"
    assert redact(text, names).text == "[name], Annabel en mevrouw De [name]. [name]'s bestelling"


def test_a_name_that_is_a_word_needs_its_capital() -> None:
    assert redact("In het bos sprak ik Bos", ("Bos",)).text == "In het bos sprak ik [name]"
    assert redact("groetjes, piet bos", ("Piet Bos",)).text == "groetjes, [name]"


def test_accents_do_not_hide_a_name() -> None:
    assert redact("José, jose en Jose\u0301", ("Jose",)).text == "[name], [name] en [name]"
    assert redact("Hier Daan Özdemir", ("Daan O'Neill-Özdemir",)).text == "Hier [name]"


def test_particles_and_initials_alone_are_nobody() -> None:
    assert redact("de van in J", ("J. van de Vries",)).text == "de van in J"


def test_each_piece_is_counted_by_its_kind() -> None:
    found = redact(f"{BRAM.name} {BRAM.email} {BRAM.phone} {ANNA.email}", (BRAM.name,)).found
    assert found == ("e-mail", "e-mail", "phone", "name")
    assert list(found) == sorted(found, key=KINDS.index)


def test_a_name_like_a_token_does_not_break_tokens() -> None:
    once = redact("Card: bel 0612345678", ("Phone Card",))
    assert once.text == "[name]: bel [phone]"
    assert redact(once.text, ("Phone Card",)).text == once.text


def test_the_checks_are_those_of_the_standards() -> None:
    assert is_iban("NL91ABNA0417164300")
    assert is_iban("GB82WEST12345698765432")  # the example of ISO 13616
    assert not is_iban("GB82WEST12345698765431")
    assert is_bsn("111222333")
    assert not is_bsn("111222334")
    assert not is_bsn("000000000")
    assert is_card("4111111111111111")
    assert not is_card("4111111111111112")
