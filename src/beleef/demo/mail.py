"""Mail of the shop: order confirmations, reminders and the newsletter, with what people do with them."""

from collections.abc import Sequence
from functools import lru_cache

import msgspec

from beleef.demo.personas import PERSONAS
from beleef.demo.stage import LARGEST_BATCH, Act, Stage
from beleef.demo.timetable import at_hour
from beleef.demo.writing import campaign, event
from beleef.kernel.clock import HOUR, MINUTE, SECOND

_BETWEEN = 10_000
"""Between two mails of one lot, in microseconds."""

NEWSLETTER_TEXT = "nieuwsbrief-2024-2"
"""Version of the text that people agree to when they take the newsletter."""


class Mailing(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A mail that goes to one person or many.

    Attributes:
        name: Name of the campaign.
        subject: Its subject.
        appeal: How much sooner than usual it is opened.
        clicks: That somebody who opens it follows a link.
        leads_to: What somebody does who follows it, given the arrival ``(campaign, source, medium)``.
    """

    name: str
    subject: str
    appeal: float = 1.0
    clicks: float = 0.0
    leads_to: Act | None = None


@lru_cache(maxsize=256)
def _pieces(what: str, name: str, subject: str) -> tuple[str, str]:
    properties = f'"email_id":"m-{name}","email_subject":"{subject}","campaign_name":"{name}"'
    if what == "Email Link Clicked":
        properties += f',"link_url":"https://www.lindewijk.example.nl/actie/{name}"'
    return event(what, properties), campaign(name, "lindewijk", "email")


def _record(stage: Stage, at: int, person: int, what: str, mailing: Mailing) -> None:
    identity, context = stage.knowledge.identity(person)
    head, led_by = _pieces(what, mailing.name, mailing.subject)
    stage.record("mail", at, head, identity, context + led_by)


def send(stage: Stage, at: int, person: int, mailing: Mailing) -> None:
    """Deliver a mail, and let it be opened or not. An act."""
    random = stage.random
    if random() < 0.006:
        _record(stage, at, person, "Email Bounced", mailing)
        return
    _record(stage, at, person, "Email Delivered", mailing)
    if random() < PERSONAS[stage.people.kind_of[person]].opens * mailing.appeal:
        stage.after(at, int((0.03 + 30 * random() ** 4) * HOUR), _open, person, mailing)


def send_to_many(stage: Stage, at: int, person: int, to: tuple[Mailing, Sequence[int]]) -> None:  # noqa: ARG001
    """Deliver a mail to many persons. An act; ``person`` is not used."""
    mailing, persons = to
    for place, reader in enumerate(persons):
        send(stage, at + place * _BETWEEN, reader, mailing)


def plan_newsletter(stage: Stage, leads_to: Act) -> None:
    """Send the newsletter every other Thursday, in lots spread over the morning, and let people come and go."""
    today, people = stage.today, stage.people
    takes = (
        (people.letter <= today.number) & (today.number < people.letter_end) & (today.number < people.lapsed)
    )
    if (today.begins_at // (24 * HOUR)) % 14 == 6:
        mailing = Mailing(
            name=f"nieuwsbrief-{today.date:%Y-%m-%d}", subject=_subject(today.theme, today.sale), appeal=1 + 0.3 * today.sale,
            clicks=0.18 + 0.2 * today.sale, leads_to=leads_to,
        )  # fmt: skip
        readers = takes.nonzero()[0].tolist()
        lots = range(0, len(readers), LARGEST_BATCH)
        for number, start in enumerate(lots):
            moment = at_hour(today, 9) + 90 * MINUTE * number // len(lots)
            stage.at(moment, send_to_many, 0, (mailing, readers[start : start + LARGEST_BATCH]))
    for day, act in ((people.letter, _subscribe), (people.letter_end, _unsubscribe)):
        for person in ((day == today.number) & (people.letter <= today.number)).nonzero()[0].tolist():
            stage.at(at_hour(today, 8 + person % 13), act, person)


def _subject(theme: str, sale: float) -> str:
    words = theme.rsplit("-", 1)[0].replace("-", " ")
    return f"{words.capitalize()}: nu met korting" if sale else f"{words.capitalize()} bij Lindewijk"


def _open(stage: Stage, at: int, person: int, mailing: Mailing) -> None:
    _record(stage, at, person, "Email Opened", mailing)
    if mailing.leads_to and stage.random() < mailing.clicks:
        stage.after(at, int((5 + 200 * stage.random() ** 2) * SECOND), _click, person, mailing)


def _click(stage: Stage, at: int, person: int, mailing: Mailing) -> None:
    _record(stage, at, person, "Email Link Clicked", mailing)
    if mailing.leads_to:
        stage.after(at, 2 * SECOND, mailing.leads_to, person, (mailing.name, "lindewijk", "email"))


def consent(purpose: str, channel: str, state: str, text_version: str) -> str:
    """Return the beginning of a message that says what somebody agrees to, or no longer."""
    return event(
        "Consent Updated",
        f'"purpose":"{purpose}","channel":"{channel}","state":"{state}","text_version":"{text_version}"',
    )


def _subscribe(stage: Stage, at: int, person: int, details: None) -> None:  # noqa: ARG001 - the shape of an act
    identity, context = stage.knowledge.identity(person)
    _agree(stage, at, "granted", identity, context)


def _unsubscribe(stage: Stage, at: int, person: int, details: None) -> None:  # noqa: ARG001 - the shape of an act
    identity, context = stage.knowledge.identity(person)
    stage.record("mail", at, event("Unsubscribed", '"list":"nieuwsbrief"'), identity, context)
    _agree(stage, at, "withdrawn", identity, context)


def _agree(stage: Stage, at: int, state: str, identity: str, context: str) -> None:
    for purpose in ("newsletter", "marketing"):
        stage.record("mail", at, consent(purpose, "email", state, NEWSLETTER_TEXT), identity, context)
