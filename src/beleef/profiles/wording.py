"""What a fact is called on a timeline: one sentence a person would say, and a second line with what it was about.

Events of the Segment vocabulary and of service contacts have sentences of their own; every other event keeps its name.
"""

import math
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, TypeGuard

import msgspec

from beleef.facts.fact import Fact
from beleef.kernel.clock import SECOND, from_datetime
from beleef.ui.words import N_, Words

_MOST_NAMED = 3


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """A fact in words: the sentence, and what it was about (None where the sentence says it all)."""

    title: str
    summary: str | None = None


_Telling = Callable[[Fact, Mapping[str, Any], Words], Told]


def tell(fact: Fact, words: Words) -> Told:
    """Return a fact in the reader's words."""
    said = fact.properties or {}
    match fact.type:
        case "track":
            told = _EVENTS.get(fact.name or "")
            return (
                told(fact, said, words) if told else Told(title=fact.name or words.gettext("Did something"))
            )
        case "page" | "screen":
            return _visit(fact, said, words)
        case "identify":
            return Told(title=words.gettext("Told who they are"), summary=_listed(fact.traits))
        case "group":
            name = _text(fact.traits or {}, "name") or fact.group_id or ""
            return Told(title=words.gettext("Belongs to %(account)s", account=name))
        case "alias" | "merge":
            return Told(title=words.gettext("Was recognised under another identifier"))
        case _:
            return _decision(fact, said, words)


def _visit(fact: Fact, said: Mapping[str, Any], words: Words) -> Told:
    title = _text(said, "title") or fact.name or _text(said, "path") or words.gettext("a page")
    path = _text(said, "path")
    if fact.type == "screen":
        name = _text(said, "name")
        return Told(
            title=words.gettext("Opened the screen “%(name)s”", name=fact.name or title), summary=name
        )
    return Told(title=words.gettext("Looked at the page “%(name)s”", name=title), summary=path)


def _decision(fact: Fact, said: Mapping[str, Any], words: Words) -> Told:
    service = _SERVICE.get(fact.name or "")
    if service is not None:
        sentence, *about = service
        return Told(
            title=words.gettext(sentence), summary=_joined(*(_said_of(said, one, words) for one in about))
        )
    titles = {
        "Evidence Undone": words.gettext("Staff took a piece of identity evidence back"),
        "Audience Entered": words.gettext("Came into an audience"),
        "Audience Left": words.gettext("Went out of an audience"),
        "Evidence Restored": words.gettext("Staff put a piece of identity evidence back"),
        "Message Sent": words.gettext("Was sent a message"),
        "Message Held": words.gettext("A message waits for its moment"),
        "Message Skipped": words.gettext("A message was not sent"),
        "Message Failed": words.gettext("A message could not be sent"),
    }
    title = titles.get(fact.name or "", fact.name or words.gettext("Beleef noted something"))
    # Why a message waits or was not sent is a code here; the page of contacts tells it in words.
    is_message = (fact.name or "").startswith("Message ")
    names = ("campaign", "message", "topic") if is_message else ("audience", "by", "reason")
    return Told(title=title, summary=_joined(*(_text(said, name) for name in names)))


def _bought(fact: Fact, said: Mapping[str, Any], words: Words) -> Told:
    count, amount = _quantity(said), _money(fact, words)
    if count and amount:
        title = words.ngettext(
            "Bought %(num)s product for %(amount)s",
            "Bought %(num)s products for %(amount)s",
            count,
            amount=amount,
        )
    elif amount:
        title = words.gettext("Bought for %(amount)s", amount=amount)
    else:
        title = words.gettext("Placed an order")
    return Told(title=title, summary=_joined(_text(said, "order_id"), _products(said)))


def _refunded(fact: Fact, said: Mapping[str, Any], words: Words) -> Told:
    amount = _money(fact, words, positive=True)
    title = words.gettext("Got %(amount)s back", amount=amount) if amount else words.gettext("Got money back")
    return Told(title=title, summary=_joined(_text(said, "order_id"), _products(said)))


def _of_product(sentence: str) -> _Telling:
    def told(fact: Fact, said: Mapping[str, Any], words: Words) -> Told:
        name = _text(said, "name") or fact.product or words.gettext("a product")
        price = _amount(said.get("price"), fact.currency, words)
        return Told(title=words.gettext(sentence, name=name), summary=_joined(_text(said, "category"), price))

    return told


def _of(sentence: str, *about: str) -> _Telling:
    """Return the telling of an event by one sentence, with the values of some properties below it."""

    def told(_: Fact, said: Mapping[str, Any], words: Words) -> Told:
        return Told(title=words.gettext(sentence), summary=_joined(*(_text(said, one) for one in about)))

    return told


def _of_mail(sentence: str) -> _Telling:
    def told(_: Fact, said: Mapping[str, Any], words: Words) -> Told:
        subject = _text(said, "email_subject", "subject") or words.gettext("an e-mail")
        return Told(title=words.gettext(sentence, subject=subject), summary=_text(said, "link_url"))

    return told


def _wrote(sentence: str) -> _Telling:
    def told(_: Fact, said: Mapping[str, Any], words: Words) -> Told:
        return Told(title=words.gettext(sentence), summary=_text(said, "title", "subject", "text"))

    return told


def _judged(_: Fact, said: Mapping[str, Any], words: Words) -> Told:
    if said.get("solved") is True:
        return Told(title=words.gettext("Said that it is solved"), summary=_text(said, "case"))
    return Told(title=words.gettext("Said that it is not solved"), summary=_text(said, "case"))


def _answered(_: Fact, said: Mapping[str, Any], words: Words) -> Told:
    score, most, metric = said.get("value"), said.get("scale_max"), _text(said, "metric")
    if metric and _is_number(score) and _is_number(most) and abs(score) < 1e6 and abs(most) < 1e6:
        # The first click in a mail may be a slip; only what is sent is given.
        is_sent = said.get("confirmed") is not False
        sentence = (
            N_("Gave %(score)s of %(most)s") if is_sent else N_("Clicked %(score)s of %(most)s in a mail")
        )
        title = words.gettext(sentence, score=words.number(score), most=words.number(most))
        return Told(title=title, summary=_joined(metric.upper(), _text(said, "survey")))
    return Told(
        title=words.gettext("Answered a question"),
        summary=_text(said, "text", "option", "value") or _text(said, "survey"),
    )


def _searched(_: Fact, said: Mapping[str, Any], words: Words) -> Told:
    query = _text(said, "query", "search")
    return Told(
        title=words.gettext("Searched for “%(query)s”", query=query) if query else words.gettext("Searched")
    )


def _checkout(fact: Fact, said: Mapping[str, Any], words: Words) -> Told:
    return Told(
        title=words.gettext("Began to check out"), summary=_amount(said.get("value"), fact.currency, words)
    )


def _called(_: Fact, said: Mapping[str, Any], words: Words) -> Told:
    seconds, solved = said.get("duration_s"), said.get("solved")
    lasted = words.duration(int(seconds * SECOND)) if _is_number(seconds) and abs(seconds) < 1e6 else None
    outcome = None
    if isinstance(solved, bool):
        outcome = words.gettext("solved") if solved else words.gettext("not solved")
    return Told(
        title=words.gettext("Called the service desk"),
        summary=_joined(_text(said, "topic", "note"), lasted, outcome),
    )


def _reviewed(fact: Fact, said: Mapping[str, Any], words: Words) -> Told:
    name, rating = _text(said, "name") or fact.product or words.gettext("a product"), said.get("rating")
    if _is_number(rating) and abs(rating) < 1e6:
        title = words.gettext("Gave %(name)s %(rating)s of 5", name=name, rating=words.number(rating))
    else:
        title = words.gettext("Reviewed %(name)s", name=name)
    return Told(title=title, summary=_text(said, "review_body"))


def _consent(_: Fact, said: Mapping[str, Any], words: Words) -> Told:
    purpose, granted = _text(said, "purpose") or "", _text(said, "state") == "granted"
    if granted:
        title = words.gettext("Allowed “%(purpose)s”", purpose=purpose)
    else:
        title = words.gettext("Did not allow “%(purpose)s”", purpose=purpose)
    return Told(title=title, summary=_text(said, "channel"))


def _delivered(_: Fact, said: Mapping[str, Any], words: Words) -> Told:
    days = said.get("late_days")
    late = (
        words.ngettext("%(num)s day late", "%(num)s days late", int(days))
        if _is_number(days) and 0 < days < 1e6
        else None
    )
    return Told(
        title=words.gettext("Received the order"),
        summary=_joined(_text(said, "order_id"), _text(said, "carrier"), late),
    )


_EVENTS: dict[str, _Telling] = {
    "Order Completed": _bought,
    "Order Refunded": _refunded,
    "Order Shipped": _of(N_("The order was sent"), "order_id", "carrier"),
    "Order Delivered": _delivered,
    "Order Cancelled": _of(N_("Cancelled the order"), "order_id"),
    "Delivery Delayed": _of(N_("The delivery is late"), "order_id", "carrier"),
    "Product Viewed": _of_product(N_("Looked at %(name)s")),
    "Product Added": _of_product(N_("Put %(name)s in the cart")),
    "Product Removed": _of_product(N_("Took %(name)s out of the cart")),
    "Product List Viewed": _of(N_("Looked through a list of products"), "category", "list_id"),
    "Products Searched": _searched,
    "Product Reviewed": _reviewed,
    "Cart Viewed": _of(N_("Looked at the cart")),
    "Checkout Started": _checkout,
    "Email Delivered": _of_mail(N_("Received “%(subject)s”")),
    "Email Opened": _of_mail(N_("Opened “%(subject)s”")),
    "Email Link Clicked": _of_mail(N_("Clicked in “%(subject)s”")),
    "Email Bounced": _of_mail(N_("“%(subject)s” did not arrive")),
    "Unsubscribed": _of(N_("Unsubscribed"), "list"),
    "Call Completed": _called,
    "Call Received": _called,
    "Service Desk Called": _called,
    "Call Abandoned": _of(N_("Hung up while waiting for the service desk"), "topic"),
    "Chat Completed": _of(N_("Chatted with the service desk"), "topic"),
    "Question Asked": _of(N_("Asked a question"), "text", "topic"),
    "Question Answered": _of(N_("Got an answer"), "topic"),
    "Complaint Opened": _of(N_("Made a complaint"), "topic", "note", "complaint"),
    "Complaint Closed": _of(N_("The complaint was settled"), "topic", "note", "complaint"),
    "Message Received": _wrote(N_("Wrote to us")),
    "Case Requested": _wrote(N_("Asked us something")),
    "Case Solved": _judged,
    "Contact Requested": _of(N_("Asked us to get in touch"), "survey"),
    "Survey Shown": _of(N_("Was shown a survey"), "survey"),
    "Survey Opened": _of(N_("Opened a survey"), "survey"),
    "Survey Answered": _answered,
    "Survey Answer Withdrawn": _of(N_("Took an answer back"), "survey"),
    "Survey Completed": _of(N_("Finished a survey"), "survey"),
    "Consent Updated": _consent,
    "Signed Up": _of(N_("Made an account"), "method"),
    "Signed In": _of(N_("Signed in")),
    "Signed Out": _of(N_("Signed out")),
    "Subscription Started": _of(N_("Started a subscription"), "plan", "name"),
    "Subscription Renewed": _of(N_("The subscription was renewed"), "plan", "name"),
    "Subscription Ended": _of(N_("Ended a subscription"), "plan", "name"),
    "Shop Visited": _of(N_("Visited the shop"), "note"),
    "Event Attended": _of(N_("Came to an event"), "note"),
    "Workshop Attended": _of(N_("Came to a workshop"), "name", "shop"),
    "Letter Sent": _of(N_("Was sent a letter"), "letter", "note"),
    "Letter Received": _of(N_("Sent a letter"), "note"),
    "Brochure Sent": _of(N_("Was sent a brochure"), "brochure", "note"),
    "Advertisement Shown": _of(N_("Was shown an advertisement"), "network", "placement"),
    "Advertisement Seen": _of(N_("Saw an advertisement"), "note"),
    "Advertisement Clicked": _of(N_("Clicked on an advertisement"), "network", "placement"),
    "Application Opened": _of(N_("Opened the app"), "version"),
    "Application Installed": _of(N_("Installed the app"), "version"),
}


_SERVICE: dict[str, tuple[str, ...]] = {
    "Case Requested": (N_("A colleague opened a case"), "title"),
    "Case Opened": (N_("A case was opened"), "case", "subject"),
    "Case Changed": (N_("A case was changed"), "case", "status", "assignee", "priority", "merged_into"),
    "Case Noted": (N_("A colleague wrote a note"), "case", "text"),
    "Case Replied": (N_("Was answered"), "case", "text"),
    "Case Unmerged": (N_("A merge of cases was undone"), "case", "out_of"),
    "Case Split": (N_("A message became a case of its own"), "case", "title"),
    "Case Closed": (N_("A case was closed"), "case", "action"),
    "Case Reopened": (N_("A case was opened again"), "case"),
    "Promise Made": (N_("Was promised something"), "case", "kind", "due_at"),
    "Promise Warned": (N_("A promise is due soon"), "case", "kind", "due_at"),
    "Promise Kept": (N_("A promise was kept"), "case", "kind"),
    "Promise Broken": (N_("A promise was broken"), "case", "kind", "due_at"),
    "Escalated": (N_("A broken promise went to who is responsible"), "case", "kind", "whom"),
    "Improvement Told": (N_("Was told what was done about it"), "text"),
    "Survey Requested": (N_("Is to be asked for their opinion"), "survey"),
    "Survey Invited": (N_("Was asked for their opinion"), "survey"),
    "Survey Not Sent": (N_("Was not asked for their opinion"), "survey"),
    "Survey Links Scanned": (N_("A program followed the links of their invitation"), "survey"),
}
"""What Beleef and its staff do for a person: the sentence, and the properties that say what it was about."""

_NAMED: dict[str, str] = {
    "acknowledge": N_("Acknowledge receipt"),
    "first_response": N_("First answer"),
    "next_contact": N_("Next contact"),
    "resolution": N_("Solution"),
    "open": N_("open"),
    "waiting_customer": N_("waits for the customer"),
    "waiting_internal": N_("waits for a colleague"),
    "snoozed": N_("snoozed"),
    "low": N_("Low"),
    "normal": N_("Normal"),
    "high": N_("High"),
    "urgent": N_("Urgent"),
}


def _said_of(said: Mapping[str, Any], name: str, words: Words) -> str | None:
    value = _text(said, name)
    if name == "due_at" and value:
        try:
            return words.gettext(
                "before %(moment)s", moment=words.moment(from_datetime(datetime.fromisoformat(value)))
            )
        except (ValueError, OverflowError):
            return None
    return (
        words.gettext(_NAMED[value]) if value in _NAMED and name in {"kind", "status", "priority"} else value
    )


def _quantity(said: Mapping[str, Any]) -> int:
    products = said.get("products")
    if not isinstance(products, list):
        return 0
    counts = [one.get("quantity", 1) for one in products if isinstance(one, dict)]
    return sum(round(count) if _is_number(count) and 0 < count < 1e6 else 1 for count in counts)


def _products(said: Mapping[str, Any]) -> str | None:
    products = said.get("products")
    if not isinstance(products, list):
        return None
    names = [name for one in products if isinstance(one, dict) and (name := _text(one, "name"))]
    shown = ", ".join(names[:_MOST_NAMED])
    return f"{shown}, …" if len(names) > _MOST_NAMED else shown or None


def _money(fact: Fact, words: Words, *, positive: bool = False) -> str | None:
    if fact.revenue is None:
        return None
    return _amount(abs(fact.revenue) if positive else fact.revenue, fact.currency, words)


def _amount(value: Any, currency: str | None, words: Words) -> str | None:
    if not _is_number(value) or abs(value) > 1e15:
        return None
    return words.money(value, currency) if currency else words.number(value, 2)


def _listed(traits: Mapping[str, Any] | None) -> str | None:
    return ", ".join(list(traits)[:8]) or None if traits else None


def _text(values: Mapping[str, Any], *names: str) -> str | None:
    for name in names:
        value = values.get(name)
        if isinstance(value, str) and value.strip():
            return value.strip()[:200]
        if _is_number(value):
            return str(value)
    return None


def _joined(*parts: str | None) -> str | None:
    return " · ".join(part for part in parts if part) or None


def _is_number(value: Any) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
