"""Files with audiences, messages, blocks, gate rules and campaigns: what they would change, and changing it.

A file holds one or more YAML documents. Each has lists (``audiences``, ``messages``, ``blocks``, ``campaigns``) and ``gate`` rules, or
is itself one thing and says which by ``kind``.
"""

import difflib
from collections.abc import Iterable, Mapping
from typing import Any, Literal

import msgspec
import sqlalchemy as sa
import yaml

from beleef.audiences.api import Audience, audience_from_data, audience_to_data
from beleef.campaigns.api import Campaign, Campaigns, from_data, to_data
from beleef.contact import api as contact
from beleef.content import api as library
from beleef.kernel.errors import InvalidInput, NotFound

Kind = Literal["audience", "message", "block", "gate", "campaign", "service"]
_LISTS: dict[str, Kind] = {
    "audiences": "audience",
    "messages": "message",
    "blocks": "block",
    "campaigns": "campaign",
}
_CONTEXT = 2


class Applied(msgspec.Struct, frozen=True, kw_only=True):
    """What applying a file does, or would do, to one thing.

    Attributes:
        kind: What it is.
        name: Its name; ``rules`` for the gate.
        what: Whether it is new, changed, or the same as before.
        diff: The lines that change, as ``diff -u`` shows them; empty where nothing does, and where it is new.
    """

    kind: Kind
    name: str
    what: Literal["new", "changed", "same"]
    diff: str = ""


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What files hold."""

    audiences: tuple[Audience, ...] = ()
    content: library.ContentFile | None = None
    gate: contact.GateRules | None = None
    campaigns: tuple[Campaign, ...] = ()


def read(texts: Iterable[str], *, zone: str) -> Wanted:
    """Return what files hold.

    Args:
        texts: Their content.
        zone: The organisation's time zone.

    Raises:
        InvalidInput: one of them cannot be read; the message says where.
    """
    found: dict[str, list[Any]] = {kind: [] for kind in ("audience", "message", "block", "gate", "campaign")}
    for text in texts:
        try:
            documents = [one for one in yaml.safe_load_all(text) if one is not None]
        except yaml.YAMLError as error:
            raise InvalidInput(f"This is no YAML: {error}.", hint="Look at the line it names.") from error
        for document in documents:
            for kind, one in _parts(document):
                found[kind].append(one)
    if len(found["gate"]) > 1:
        raise InvalidInput("The files hold gate rules more than once.", hint="Keep one of them.")
    texts_of = {"messages": found["message"], "blocks": found["block"]}
    return Wanted(
        audiences=tuple(audience_from_data(one, zone=zone) for one in found["audience"]),
        content=library.from_data(texts_of) if any(texts_of.values()) else None,
        gate=contact.from_data(found["gate"][0]) if found["gate"] else None,
        campaigns=tuple(from_data(one) for one in found["campaign"]),
    )


def _parts(document: object) -> Iterable[tuple[str, Any]]:
    if not isinstance(document, Mapping):
        raise InvalidInput(
            "A document of the file is no mapping.", hint=f"Begin with {', '.join(_LISTS)} or gate."
        )
    if "kind" in document:
        kind = document["kind"]
        if kind not in (*_LISTS.values(), "gate"):
            raise InvalidInput(
                f"There is no kind {kind!r}.", hint=f"Choose from {', '.join(_LISTS.values())}, gate."
            )
        yield str(kind), {key: value for key, value in document.items() if key != "kind"}
        return
    if "flow" in document:
        yield "campaign", dict(document)
        return
    for key, value in document.items():
        if key == "gate":
            yield "gate", value
        elif key in _LISTS and isinstance(value, list):
            yield from ((_LISTS[key], one) for one in value)
        else:
            raise InvalidInput(
                f"{key!r} means nothing here.", hint=f"Choose from {', '.join(_LISTS)} and gate."
            )


class Applying:
    """Brings what files hold into force.

    Args:
        campaigns: With the slices whose things a file may hold.
    """

    def __init__(self, campaigns: Campaigns) -> None:
        self._campaigns = campaigns

    def changes(self, connection: sa.Connection, wanted: Wanted) -> tuple[Applied, ...]:
        """Return what applying would do, without doing it."""
        found = [self._audience(connection, one) for one in wanted.audiences]
        if wanted.content is not None:
            shelf = self._campaigns.content
            found += [
                Applied(kind=one.kind, name=one.name, what=one.what)
                for one in shelf.changes(connection, wanted.content)
            ]
        if wanted.gate is not None:
            rules = self._campaigns.contact.rules(connection).rules
            found.append(_compared("gate", "rules", contact.to_data(rules), contact.to_data(wanted.gate)))
        return (*found, *(self._campaign(connection, one) for one in wanted.campaigns))

    def apply(
        self, connection: sa.Connection, wanted: Wanted, now: int, *, by: str, publish: bool
    ) -> tuple[Applied, ...]:
        """Do it: audiences, messages and gate rules are in force at once, campaigns where ``publish`` says so.

        Args:
            connection: Inside a write transaction.
            wanted: What files hold.
            now: The present moment.
            by: Who does it.
            publish: Whether campaigns that changed are published; people under way finish on their version.

        Raises:
            InvalidInput: something cannot work; nothing is kept.
        """
        found = self.changes(connection, wanted)
        changed = {(one.kind, one.name) for one in found if one.what != "same"}
        for audience in wanted.audiences:
            if ("audience", audience.name) in changed:
                self._campaigns.audiences.save(connection, audience, now)
        if wanted.content is not None:
            self._campaigns.content.apply(connection, wanted.content, by=by)
        if wanted.gate is not None and ("gate", "rules") in changed:
            self._campaigns.contact.save_rules(connection, wanted.gate, by=by, now=now)
        for campaign in wanted.campaigns:
            if ("campaign", campaign.name) in changed:
                self._campaigns.save(connection, campaign, now)
            stored = self._campaigns.campaign(connection, campaign.name)
            if publish and (stored.is_changed or stored.state in {"draft", "stopped"}):
                self._campaigns.publish(connection, campaign.name, now)
        return found

    def _audience(self, connection: sa.Connection, one: Audience) -> Applied:
        try:
            before = self._campaigns.audiences.audience(connection, one.name).audience
        except NotFound:
            return Applied(kind="audience", name=one.name, what="new")
        return _compared("audience", one.name, audience_to_data(before), audience_to_data(one))

    def _campaign(self, connection: sa.Connection, one: Campaign) -> Applied:
        try:
            before = self._campaigns.campaign(connection, one.name).campaign
        except NotFound:
            return Applied(kind="campaign", name=one.name, what="new")
        return _compared("campaign", one.name, to_data(before), to_data(one))


def _compared(kind: Kind, name: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> Applied:
    if before == after:
        return Applied(kind=kind, name=name, what="same")
    diff = list(difflib.unified_diff(_lines(before), _lines(after), lineterm="", n=_CONTEXT))[2:]
    return Applied(kind=kind, name=name, what="changed", diff="\n".join(diff))


def _lines(data: Mapping[str, Any]) -> list[str]:
    return yaml.safe_dump(msgspec.to_builtins(data), sort_keys=False, allow_unicode=True).splitlines()
