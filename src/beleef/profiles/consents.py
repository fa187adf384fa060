"""Consents: what a person allows, per purpose and channel; the latest word holds.

What a page merely repeats about the choice (its consent categories) does not hide when, and to which text,
the person agreed.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from beleef.facts.fact import Fact
from beleef.profiles import values
from beleef.profiles.model import Consent

# Kept under "purpose, channel, kind", parted by a sign that no text keeps, as [moment, fact, state, text version, source].
# The kind is empty for what a person said; "+" and "-" are the latest fact whose categories said yes and no. Three
# latest facts are enough to tell, in any order of arrival, whether the categories changed anything.
_PART = "\x1f"
_SAID, _YES, _NO = "", "+", "-"
_EVERYWHERE = "*"

_GRANTED, _DENIED = "granted", "denied"
_STATES = {"consent given": _GRANTED, "consent withdrawn": "withdrawn", "consent updated": None}
_WORDS = {
    "given": _GRANTED, "opted_in": _GRANTED, "subscribed": _GRANTED, "true": _GRANTED, "yes": _GRANTED,
    "opted_out": _DENIED, "unsubscribed": _DENIED, "false": _DENIED, "no": _DENIED,
}  # fmt: skip
ALLOWING = frozenset({_GRANTED, *(word for word, state in _WORDS.items() if state == _GRANTED)})
"""The words by which a person allows something, in small letters."""
_LONGEST_WORD = 60
_MOST = 100


def concerns(name: str | None) -> bool:
    """Whether a track fact of this name is a person's word about consent."""
    return name is not None and name.casefold() in _STATES


def fold(consents: dict[str, list[Any]], fact: Fact) -> None:
    """Take a fact for which ``concerns`` holds into the consents of a subject; without a purpose it says nothing."""
    properties = fact.properties or {}
    purpose = _word(properties.get("purpose"))
    state = _STATES[(fact.name or "").casefold()]
    if state is None:
        word = _word(properties.get("state"))
        state = None if word is None else _WORDS.get(word.casefold(), word.casefold())
    if purpose is None or state is None:
        return
    channel = _word(properties.get("channel")) or _EVERYWHERE
    version = _word(properties.get("text_version"))
    key = _PART.join((purpose, channel, _SAID))
    _keep(consents, key, [fact.occurred_at, fact.id, state, version, values.text(fact.source)])


def fold_categories(consents: dict[str, list[Any]], fact: Fact, consent: Any) -> None:
    """Take ``context.consent`` of any fact into the consents of a subject."""
    categories = consent.get("categoryPreferences") if isinstance(consent, dict) else None
    if not isinstance(categories, dict):
        return
    for category, allowed in categories.items():
        purpose = _word(category)
        if purpose is None or not isinstance(allowed, bool):
            continue
        key = _PART.join((purpose, _EVERYWHERE, _YES if allowed else _NO))
        state = _GRANTED if allowed else _DENIED
        _keep(consents, key, [fact.occurred_at, fact.id, state, None, values.text(fact.source)])


def _keep(consents: dict[str, list[Any]], key: str, entry: list[Any]) -> None:
    mine = consents.get(key)
    if mine is None or mine[:2] < entry[:2]:
        consents[key] = entry


def settle(consents: dict[str, list[Any]]) -> bool:
    """Keep the consents about the first ``_MOST`` purposes and channels; return whether there were more.

    All that is kept about one purpose and channel goes together: a refusal must not be lost beside a permission.
    """
    if len(consents) <= _MOST:
        return False
    about = sorted({key.rpartition(_PART)[0] for key in consents})
    gone = set(about[_MOST:])
    for key in [key for key in consents if key.rpartition(_PART)[0] in gone]:
        del consents[key]
    return len(gone) > 0


def _word(value: Any) -> str | None:
    found = values.label(value)
    return None if found is None else values.text(found.replace(_PART, " ").strip(), _LONGEST_WORD) or None


def allows(consents: Mapping[str, list[Any]], purpose: str, channel: str) -> bool | None:
    """Return whether the latest word about a purpose on a channel, or on all channels, allows; None where there is none."""
    words = [
        # At one moment of one fact what was said outweighs what a page repeated.
        (entry[0], entry[1], kind == _SAID, entry[2] == _GRANTED)
        for about in {channel, _EVERYWHERE}
        for kind in (_SAID, _YES, _NO)
        if (entry := consents.get(f"{purpose}{_PART}{about}{_PART}{kind}")) is not None
    ]
    return max(words)[3] if words else None


def read(consents: Mapping[str, list[Any]]) -> tuple[Consent, ...]:
    """Return the consents of a person, sorted by purpose and channel."""
    return tuple(_read(consents))


def _read(consents: Mapping[str, list[Any]]) -> Iterator[Consent]:
    for about in sorted({key.rpartition(_PART)[0] for key in consents}):
        said, yes, no = (consents.get(f"{about}{_PART}{kind}") for kind in (_SAID, _YES, _NO))
        latest = max(
            (entry for entry in (said, yes, no) if entry is not None), key=lambda entry: (entry[0], entry[1])
        )
        other = no if latest is yes else yes
        repeats = said is not None and (latest[2] == _GRANTED) is (said[2] == _GRANTED)
        if said is not None and repeats and latest is not said and (other is None or other[:2] < said[:2]):
            latest = said
        purpose, _, channel = about.partition(_PART)
        moment, fact, state, version, source = latest
        yield Consent(
            purpose=purpose,
            channel=channel,
            state=state,
            text_version=version,
            source=source,
            occurred_at=moment,
            fact=fact,
        )
