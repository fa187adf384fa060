"""The messages that go out of a case, all by way of the contact gate: replies, receipts with the promise, apologies, alerts for staff.

Each has a key of its own in the ledger, so that a message that is meant twice goes out once.
"""

from collections.abc import Iterator, Mapping

import msgspec

from beleef.contact.api import Enclosed, Intent, Purpose, message_mark
from beleef.facts.fact import Fact
from beleef.support.heard import KEY
from beleef.support.held import Held
from beleef.support.links import CaseLinks
from beleef.support.model import Entry, Life, reference, reply_channel
from beleef.support.promises import Edition
from beleef.support.titles import title_to_customer
from beleef.ui.words import N_, Language, Words, choose_language, translator

_TITLED = frozenset({"inbox", "push"})
_PLAIN = frozenset({"sms", "whatsapp"})

_RECEIVED = N_("We received your message")
_RECEIVED_TEXT = N_(
    "Thank you for your message. It has the number %(case)s.\n\n%(promise)s\n\nYou can follow it, and add to it, here:\n%(link)s"
)
_ANSWER_BY = N_("We answer you before %(moment)s.")
_ANSWER_SOON = N_("We answer you as soon as we can.")
_PROMISED: Mapping[str, str] = {
    "first_response": N_("We answer before %(when)s."),
    "next_contact": N_("You hear from us again before %(when)s."),
    "resolution": N_("We have a solution before %(when)s."),
}
"""What a colleague promises, as the page of the case says it too."""
_SORRY = N_("We are later than we promised")
_SORRY_TEXT = N_(
    "We promised you an answer before %(moment)s, and you have not had it. We are sorry.\n\nA colleague who is responsible has been told"
    " of it.\n\nYou can follow your message here:\n%(link)s"
)
_IMPROVED = N_("You told us, and this is what we did")
_ASKED_DID = N_("You told us what went wrong. Thank you for that: it was put to use.")
_FOLLOW = N_("You can follow your message, and answer, here:")


class Desk(msgspec.Struct, frozen=True, kw_only=True):
    """What is needed to write to customers.

    Attributes:
        links: Signs addresses.
        language: The language of who writes in none that Beleef speaks.
        zone: The organisation's time zone.
        mailbox: Address of the mailbox that answers come to; empty where there is none.
    """

    links: CaseLinks
    language: str
    zone: str
    mailbox: str = ""


def intents(held: Held, life: Life, edition: Edition, desk: Desk) -> Iterator[Intent]:
    """Yield the messages that the new entries of a case ask for.

    Args:
        held: The case.
        life: Where it stands.
        edition: The rules.
        desk: Who writes.
    """
    words = translator(language_of(held, desk.language), desk.zone)
    for entry in held.fresh:
        match entry.kind:
            case "reply":
                yield _reply(held, life, entry, desk, words)
            case "message" if edition.rules.acknowledge and not held.entries and entry.subject:
                yield _receipt(held, life, edition, entry, desk, words)
            case "broken" if edition.rules.apologise and held.subject:
                yield from _apology(held, life, edition, entry, desk, words)
            case "escalated" if held.subject:
                yield _alert(held, life, entry, desk)


def improvement(subject: int, fact: Fact, desk: Desk) -> Intent:
    """Return the message that somebody is told what was done about what they reported."""
    said = fact.properties or {}
    words = translator(choose_language(setting=desk.language), desk.zone)
    text = f"{words.gettext(_ASKED_DID)}\n\n{said.get('text', '')}"
    return Intent(
        key=f"improvement:{said.get('key', fact.id)}:{subject}",
        subject=subject,
        purpose="service",
        channel="email",
        parts={"subject": words.gettext(_IMPROVED), "text": text},
        fact=fact.id,
        language=words.language,
    )


def language_of(held: Held, otherwise: str) -> Language:
    """Return the language a case is in: what its page or its messages say, or else the organisation's."""
    said = [entry.data.get("language", "") for entry in (*held.entries, *held.fresh)]
    return choose_language(setting=next((one for one in said if one), ""), cookie=otherwise)


def marks(held: Held) -> dict[str, int]:
    """Return the marks by which answers to the replies that go out now will name the case."""
    return {
        message_mark(f"{KEY}{held.number}:reply:{entry.data['reply']}"): held.number
        for entry in held.fresh
        if entry.kind == "reply"
    }


def _reply(held: Held, life: Life, entry: Entry, desk: Desk, words: Words) -> Intent:
    channel = entry.channel or reply_channel(life.channel)
    text = entry.text
    given = entry.data.get("promise")
    if given:
        text += "\n\n" + words.gettext(
            _PROMISED.get(given["kind"], _PROMISED["first_response"]), when=words.moment(given["due_at"])
        )
    # Files go along with mail alone; on every other channel the page is where they are.
    has_link = channel not in _PLAIN or bool(entry.attachments)
    link = f"\n\n{words.gettext(_FOLLOW)}\n{desk.links.address(held.number)}" if has_link else ""
    parts = _parts(held, channel, text + link, _title(held, life, words), desk, body=entry.html)
    if channel == "email":
        parts["written_by"] = "human"
    # Who wrote to us gets an answer, whatever else they opted out of; on feedback somebody has not asked for one.
    purpose: Purpose = "transactional" if life.messages else "service"
    name = f"reply:{entry.data['reply']}"
    intent = _intent(held, name, channel, parts, entry, words, purpose=purpose, priority=90)
    files = tuple(Enclosed(name=one.name, type=one.type, file=one.file) for one in entry.attachments)
    return msgspec.structs.replace(intent, files=files)


def _receipt(held: Held, life: Life, edition: Edition, entry: Entry, desk: Desk, words: Words) -> Intent:
    first = next((one for one in life.promises if one.kind == "first_response"), None)
    said = _ANSWER_SOON if first is None else _ANSWER_BY
    promise = words.gettext(said, **({"moment": words.moment(first.due_at)} if first else {}))
    link = desk.links.address(held.number)
    own = edition.rules.texts.get(f"received.{words.language}")
    about = {"case": reference(held.number), "promise": promise, "link": link}
    text = _own(own, about) if own else words.gettext(_RECEIVED_TEXT, **about)
    channel = reply_channel(life.channel)
    parts = _parts(held, channel, text, words.gettext(_RECEIVED), desk)
    return _intent(held, "ack", channel, parts, entry, words, purpose="transactional", priority=80)


def _apology(
    held: Held, life: Life, edition: Edition, entry: Entry, desk: Desk, words: Words
) -> Iterator[Intent]:
    promise = next((one for one in life.promises if one.id == entry.data.get("promise")), None)
    # An excuse after the answer came, or when nobody waits for one, is only one more mail.
    if promise is None or promise.kind == "acknowledge" or promise.state != "open":
        return
    about = {
        "moment": words.moment(promise.due_at),
        "link": desk.links.address(held.number),
        "case": reference(held.number),
    }
    own = edition.rules.texts.get(f"sorry.{words.language}")
    text = _own(own, about) if own else words.gettext(_SORRY_TEXT, **about)
    channel = reply_channel(life.channel)
    parts = _parts(held, channel, text, words.gettext(_SORRY), desk)
    yield _intent(
        held,
        f"sorry:{promise.id.replace(':', '-')}",
        channel,
        parts,
        entry,
        words,
        purpose="service",
        priority=80,
    )


def _alert(held: Held, life: Life, entry: Entry, desk: Desk) -> Intent:
    words = translator(choose_language(setting=desk.language), desk.zone)
    promise = next((one for one in life.promises if one.id == entry.data.get("promise")), None)
    due = words.moment(promise.due_at) if promise else ""
    said = words.gettext(
        "%(case)s: a promise to a customer was due %(moment)s and is not kept. It is yours now, %(whom)s.",
        case=reference(held.number),
        moment=due,
        whom=entry.data.get("whom") or entry.data.get("to") or "",
    )
    body = f"{said}\n{desk.links.base}/cases/{held.number}"
    name = f"rung:{entry.data.get('promise', '').replace(':', '-')}-{entry.data.get('rung', 1)}"
    # It reaches staff and no customer: nothing that customers asked for holds it.
    return _intent(held, name, "staff", {"body": body}, entry, words, purpose="transactional", priority=100)


def _parts(held: Held, channel: str, text: str, title: str, desk: Desk, *, body: str = "") -> dict[str, str]:
    if channel in _PLAIN:
        return {"text": text}
    if channel in _TITLED:
        return {"title": title, "body": text}
    last = _last(held, "message_id")
    if channel == "webhook":
        about = {"case": reference(held.number), "thread": _last(held, "thread"), "in_reply_to": last}
        return {"body": msgspec.json.encode({**about, "text": text}).decode()}
    if channel != "email":
        return {"body": text}
    parts = {"subject": f"{title} [{reference(held.number)}]", "text": text}
    if body:
        rest = text.rpartition("\n\n")[2].replace("\n", "<br>")
        parts["body"] = f"{body}<p>{rest}</p>" if "://" in rest else body
    if last:
        parts |= {"in_reply_to": last, "references": last}
    if desk.mailbox:
        parts["reply_to"] = desk.links.reply_address(held.number, desk.mailbox)
    return parts


def _last(held: Held, name: str) -> str:
    """Return what the customer's last message that says so says under a name."""
    said = (entry.data.get(name, "") for entry in reversed([*held.entries, *held.fresh]))
    return next((one for one in said if one), "")


def _intent(
    held: Held,
    name: str,
    channel: str,
    parts: dict[str, str],
    entry: Entry,
    words: Words,
    *,
    purpose: Purpose,
    priority: int,
) -> Intent:
    return Intent(
        key=f"{KEY}{held.number}:{name}",
        subject=held.subject,
        purpose=purpose,
        channel=channel,
        parts=parts,
        variables={"case": reference(held.number)},
        fact=entry.fact,
        priority=priority,
        language=words.language,
    )


def _title(held: Held, life: Life, words: Words) -> str:
    title = title_to_customer(held.cause, life, words)
    return f"Re: {title}" if title else words.gettext("Your message")


def _own(text: str, about: Mapping[str, str]) -> str:
    for name, value in about.items():
        text = text.replace("{" + name + "}", value)
    return text
