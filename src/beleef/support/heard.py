"""What facts say about cases: whether they concern one, which they name or answer, under which key they open one, what they change.

Pure, and careful: anybody may send a fact, so each value is looked at before it is used, and only Beleef's own facts name cases.
"""

import re
from collections.abc import Mapping
from typing import Any

import msgspec

from beleef.facts.fact import Fact
from beleef.support.model import Attachment, number_of

OWN_SOURCE = "beleef"
CUSTOMERS = frozenset(
    {
        "Message Received",
        "Case Requested",
        "Survey Answered",
        "Contact Requested",
        "Promise Broken",
        "Case Solved",
        "Email Bounced",
    }
)
OWN = frozenset(
    {
        "Case Requested", "Case Changed", "Case Noted", "Case Replied", "Case Closed", "Case Reopened", "Case Split",
        "Case Unmerged", "Promise Warned", "Promise Broken", "Escalated", "Message Sent", "Message Failed", "Message Skipped",
    }
)  # fmt: skip
_OF_MESSAGES = frozenset({"Message Sent", "Message Failed", "Message Skipped", "Email Bounced"})
TOLD = "Improvement Told"
CONCERNED: frozenset[str | None] = CUSTOMERS | OWN | {TOLD}
"""Names of all facts that may do something to a case; ``concerns`` looks closer."""
KEY = "case:"
"""What the keys of messages in a case begin with, in the ledger of contact."""
_TAG = re.compile(r"\[C-(\d{1,15})\]")
_OWN_ID = re.compile(r"<?([0-9a-f]{32})@[^<>]*>?")
_REPLY = re.compile(r"^\s*(?:(?:re|fw|fwd|aw|antw|betr|doorst)\s*:\s*)+", re.IGNORECASE)
LONGEST_TEXT, LONGEST_TITLE, LONGEST_NAME, _MOST_MARKS = 100_000, 200, 200, 50
_CHANGES = {
    "status", "assignee", "team", "department", "priority", "kind", "tags", "title", "snooze_until", "parent", "merged_into",
}  # fmt: skip


def concerns(fact: Fact) -> bool:
    """Return whether a fact with a name among ``CONCERNED`` may do something to a case."""
    name = fact.name
    if fact.type == "beleef":
        is_ours = name not in _OF_MESSAGES or message_key(fact) != ""
        return name == TOLD or (name in OWN and is_ours)
    return fact.type == "track" and name in CUSTOMERS and (name != "Email Bounced" or message_key(fact) != "")


def named_case(fact: Fact) -> int | None:
    """Return the case that a fact of Beleef's own names; what others claim is no case number."""
    if fact.source != OWN_SOURCE:
        return None
    key = message_key(fact)
    given = key.split(":")[1] if key else (fact.properties or {}).get("case")
    return number_of(given) if isinstance(given, str) else None


def tagged_case(fact: Fact) -> int | None:
    """Return the case that a message's subject names, as in ``Re: [C-10023] My order``; whether it may is another question."""
    found = _TAG.search(text_in(fact.properties or {}, "subject", LONGEST_TITLE))
    return int(found.group(1)) if fact.name == "Message Received" and found else None


def other_case(fact: Fact) -> int | None:
    """Return the case that another one is merged into, or comes out of again."""
    properties = fact.properties or {}
    given = properties.get("merged_into") or properties.get("out_of")
    return number_of(given) if fact.type == "beleef" and isinstance(given, str) else None


def marks_of(fact: Fact) -> list[str]:
    """Return the marks by which a message names what it answers, the nearest first."""
    properties = fact.properties or {}
    if fact.name != "Message Received":
        return []
    named = [text_in(properties, "in_reply_to", 500)]
    references = properties.get("references")
    if isinstance(references, list):
        named += [str(one)[:500] for one in reversed(references[-_MOST_MARKS:])]
    # Of a Message-ID that Beleef made, the part before the domain says all; it cannot be guessed.
    named += [own.group(1) for one in list(named) if (own := _OWN_ID.fullmatch(one))]
    thread = text_in(properties, "thread", 300)
    return [one for one in [*named, f"{fact.source}#{thread}" if thread else ""] if one]


def key_of(fact: Fact) -> str:
    """Return under which key a case that a fact opens gets its number."""
    properties = fact.properties or {}
    if fact.name in {"Case Requested", "Case Split"}:
        return f"request:{text_in(properties, 'key', 200) or fact.id}"
    if fact.name in {"Survey Answered", "Contact Requested"}:
        response = text_in(properties, "response", 200)
        # A wish has a number of its own, and the same whether the answers go along from the first or are added afterwards.
        wish = text_in(properties, "wish", 200)
        return f"wish:{wish}" if wish else f"survey:{response or fact.id}"
    if fact.name == "Promise Broken":
        case = text_in(properties, "case", 50)
        return f"promise:{case or fact.id}"
    return f"message:{fact.id}"


def attachments_of(fact: Fact) -> tuple[Attachment, ...]:
    """Return the files that a fact says came along; what others than Beleef say names no file of its store."""
    given = (fact.properties or {}).get("attachments", ()) if fact.source == OWN_SOURCE else ()
    try:
        return msgspec.convert(given, tuple[Attachment, ...])
    except msgspec.ValidationError:
        return ()


def message_key(fact: Fact) -> str:
    """Return the key of the message in a case that a fact tells the fate of; empty for every other."""
    key = (fact.properties or {}).get("key") if fact.name in _OF_MESSAGES else None
    return key if isinstance(key, str) and key.startswith(KEY) and key.count(":") >= 2 else ""


def actor_of(fact: Fact) -> str:
    """Return the name of the colleague whose act a fact is; empty for customers and for Beleef itself."""
    return text_in(fact.properties or {}, "by", LONGEST_NAME) if fact.type == "beleef" else ""


def promise_in(fact: Fact) -> dict[str, Any]:
    """Return which promise a fact tells of, and to whom a breach goes."""
    properties = fact.properties or {}
    found: dict[str, Any] = {
        name: text_in(properties, name, 100) for name in ("promise", "kind", "to", "whom")
    }
    rung = properties.get("rung")
    return {name: value for name, value in found.items() if value} | (
        {"rung": rung} if isinstance(rung, int) else {}
    )


def changes_in(properties: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a colleague changed of a case, by name."""
    found: dict[str, Any] = {}
    for name in _CHANGES & properties.keys():
        value = properties[name]
        if name == "tags":
            found[name] = [str(one)[:100] for one in value] if isinstance(value, list) else []
        elif name in {"parent", "merged_into"}:
            found[name] = number_of(str(value)) or 0
        elif name == "snooze_until":
            found[name] = value if is_moment(value) else None
        else:
            found[name] = str(value)[:LONGEST_TITLE]
    if "merged_into" in found and not found["merged_into"]:
        found.pop("merged_into")
    return dict(sorted(found.items()))


def text_in(properties: Mapping[str, Any], name: str, longest: int) -> str:
    """Return a property as text of at most so many letters; empty where it is none."""
    value = properties.get(name)
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    return value[:longest].strip() if isinstance(value, str) else ""


def title_in(text: str) -> str:
    """Return the first line of a text without marks of answers and case numbers."""
    line = next((line for line in _TAG.sub("", text).splitlines() if line.strip()), "")
    return _REPLY.sub("", line).strip()[:LONGEST_TITLE]


def one_of(value: Any, allowed: tuple[str, ...], otherwise: str) -> str:
    """Return a value where it is one of those allowed."""
    return value if isinstance(value, str) and value in allowed else otherwise


def is_moment(value: Any) -> bool:
    """Return whether a value can be a moment in microseconds."""
    return isinstance(value, int) and not isinstance(value, bool) and value > 0
