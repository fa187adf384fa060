"""From a row to messages in Segment's shape, with ids that are the same whenever the same row comes again."""

import hashlib
from collections.abc import Callable
from typing import Any, TypeAlias

import msgspec

from beleef.collect.importing.language import Object
from beleef.collect.importing.mapping import FactRule, Mapping
from beleef.collect.importing.notation import Unusable
from beleef.collect.importing.values import Compiler, Holds, Row, Take, is_empty, key_reader

Message: TypeAlias = dict[str, Any]

LARGEST_MESSAGE = 1_000_000
"""Bytes of JSON: a quarter of the largest body that the log takes, far more than any single event is."""

_LONGEST_ID = 100
_NAMING_TRAITS = ("email", "phone", "customer_number", "customerNumber")


class Translator:
    """Makes the messages of rows by one mapping; made once, used for every row."""

    def __init__(self, mapping: Mapping) -> None:
        compiler = Compiler(mapping)
        self._facts = [_Fact(compiler, rule, mapping.name) for rule in mapping.facts]
        self._key = key_reader(mapping)

    def messages(self, row: Row, origin: str) -> list[tuple[Message, int]]:
        """Return a row's messages, each with its size in bytes of JSON; none where no fact's ``when`` holds.

        Args:
            row: The row, with its lookups and lines.
            origin: What tells this row from all others where the mapping names no key: file and line.

        Raises:
            Unusable: the row cannot become what the mapping asks. None of its messages is made then, so that a repaired
                row can simply be imported again.
        """
        key = self._key(row) if self._key else origin
        found = (fact(row, key) for fact in self._facts)
        return [made for made in found if made is not None]


class _Fact:
    """One rule of a mapping, ready to be followed."""

    def __init__(self, compiler: Compiler, rule: FactRule, mapping: str) -> None:
        self._rule = rule
        self._mapping = mapping
        self._when: Holds | None = compiler.holds(rule.when) if rule.when else None
        named = (
            ("userId", rule.user_id), ("anonymousId", rule.anonymous_id), ("previousId", rule.previous_id),
            ("groupId", rule.group_id), ("event" if rule.type == "track" else "name", rule.event), ("channel", rule.channel),
        )  # fmt: skip
        self._texts = [
            (field, compiler.text(value, f"{rule.place}.{field}"))
            for field, value in named
            if value is not None
        ]
        self._timestamp: Take | None = compiler.take(rule.timestamp) if rule.timestamp else None
        self._message_id: Take | None = (
            compiler.text(rule.message_id, f"{rule.place}.message_id") if rule.message_id else None
        )
        self._traits, self._properties, self._context, self._external = (
            _named(compiler, part) for part in (rule.traits, rule.properties, rule.context, rule.external_ids)
        )

    def __call__(self, row: Row, key: str) -> tuple[Message, int] | None:
        if self._when is not None and not self._when(row):
            return None
        message: Message = {"type": self._rule.type, "messageId": self._id(row, key)}
        for field, take in self._texts:
            value = take(row)
            if value is not None:
                message[field] = value
        if self._timestamp is not None and (moment := self._timestamp(row)) is not None:
            message["timestamp"] = moment
        if properties := self._properties(row):
            message["properties"] = properties
        self._add_person(message, row)
        self._check(message)
        try:
            size = len(msgspec.json.encode(message))
        except (ValueError, TypeError, OverflowError, RecursionError) as error:
            raise Unusable(f"{self._rule.place}: it cannot be written as JSON") from error
        if size > LARGEST_MESSAGE:
            raise Unusable(f"{self._rule.place}: the message is larger than {LARGEST_MESSAGE:,} bytes")
        return message, size

    def _add_person(self, message: Message, row: Row) -> None:
        traits, context = self._traits(row), dict(self._context(row) or {})
        is_about_traits = self._rule.type in ("identify", "group")
        if traits and is_about_traits:
            message["traits"] = traits
        elif traits:
            context["traits"] = traits
        if self._rule.type != "group" and "groupId" in message:
            # Segment's place for the account of an event; on the message itself only `group` has one.
            context["groupId"] = message.pop("groupId")
        external = [
            {"id": value, "type": kind, "collection": "users", "encoding": "none"}
            for kind, value in (self._external(row) or {}).items()
            if not is_empty(value)
        ]
        if external:
            context["externalIds"] = external
        if context:
            message["context"] = context

    def _id(self, row: Row, key: str) -> str:
        if self._message_id is None:
            said = msgspec.json.encode([self._mapping, self._rule.label, key])
            return hashlib.blake2b(said, digest_size=16).hexdigest()
        given = self._message_id(row)
        if not given or len(given) > _LONGEST_ID:
            raise Unusable(
                f"{self._rule.place}.message_id: it is empty or longer than {_LONGEST_ID} characters"
            )
        return str(given)

    def _check(self, message: Message) -> None:
        rule = self._rule
        needed = {"track": "event", "group": "groupId", "alias": "previousId"}.get(rule.type)
        if needed and needed not in message:
            raise Unusable(f"{rule.place}: it has no {needed}")
        context = message.get("context", {})
        traits = {**context.get("traits", {}), **message.get("traits", {})} if rule.type != "group" else {}
        if (
            "userId" not in message
            and "anonymousId" not in message
            and not context.get("externalIds")
            and not any(not is_empty(traits.get(name)) for name in _NAMING_TRAITS)
        ):
            raise Unusable(f"{rule.place}: nothing in the row tells whose fact it is")


def _named(compiler: Compiler, value: Object | None) -> Callable[[Row], dict[str, Any] | None]:
    return compiler.object(value) if value is not None else lambda _: None
