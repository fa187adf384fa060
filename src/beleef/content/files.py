"""Messages and blocks as plain data and as YAML files, read with refusals that name the thing and the field."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec
import yaml

from beleef.content.model import (
    BLOCK_PARTS,
    LANGUAGES,
    LONGEST_NAME,
    LONGEST_PART,
    PARTS,
    Block,
    Message,
    Part,
)
from beleef.kernel.errors import InvalidInput

NAME: Final = re.compile(rf"[a-z][a-z0-9_-]{{0,{LONGEST_NAME - 1}}}")
_RESERVED: Final = frozenset({"new", "import", "export"})
"""Names that are addresses of pages."""
_LONGEST_FILE: Final = 5_000_000
_LONGEST_LABEL: Final = 200


class ContentFile(msgspec.Struct, frozen=True, kw_only=True):
    """What a file holds."""

    messages: tuple[Message, ...] = ()
    blocks: tuple[Block, ...] = ()

    def everything(self) -> list[Message | Block]:
        """Return blocks and messages, blocks first: messages need them."""
        return [*self.blocks, *self.messages]


def message_from_data(data: Mapping[str, Any]) -> Message:
    """Return a message from plain data, as ``message_to_data`` writes it.

    Raises:
        InvalidInput: a field is missing, unknown or cannot be used; code ``invalid_message``.
    """
    try:
        message = msgspec.convert(dict(data), Message)
    except msgspec.ValidationError as error:
        raise _refused("message", data, str(error)) from error
    check(message)
    return message


def block_from_data(data: Mapping[str, Any]) -> Block:
    """Return a block from plain data, as ``block_to_data`` writes it.

    Raises:
        InvalidInput: a field is missing, unknown or cannot be used; code ``invalid_block``.
    """
    try:
        block = msgspec.convert(dict(data), Block)
    except msgspec.ValidationError as error:
        raise _refused("block", data, str(error)) from error
    check(block)
    return block


def to_data(one: Message | Block) -> dict[str, Any]:
    """Return a message or block as plain data, ready for YAML."""
    data: dict[str, Any] = msgspec.to_builtins(one)
    return data


def check(one: Message | Block) -> None:
    """Refuse a message or block that cannot be kept; whether its templates work is for the checks to say.

    Raises:
        InvalidInput: its name, a language or a part cannot be used.
    """
    kind, parts = ("message", PARTS[one.channel]) if isinstance(one, Message) else ("block", BLOCK_PARTS)
    code = f"invalid_{kind}"
    if not NAME.fullmatch(one.name) or one.name in _RESERVED:
        raise InvalidInput(
            f"“{one.name[:40]}” cannot be the name of a {kind}.",
            hint="Take small letters, digits, - and _, beginning with a letter.",
            code=code,
        )
    if not one.label.strip() or len(one.label) > _LONGEST_LABEL:
        raise InvalidInput(
            f"The {kind} {one.name} needs a label.", hint="Say what people call it.", code=code
        )
    for language, texts in one.texts.items():
        _check_texts(one.name, language, texts, parts, code)


def _check_texts(
    name: str, language: str, texts: Mapping[str, str], parts: Sequence[Part], code: str
) -> None:
    if language not in LANGUAGES:
        raise InvalidInput(
            f"{name}: there is no language “{language[:20]}”.",
            hint=f"Choose {' or '.join(LANGUAGES)}.",
            code=code,
        )
    known = {part.name for part in parts}
    for part, text in texts.items():
        if part not in known:
            raise InvalidInput(
                f"{name} ({language}): there is no part “{part[:40]}”.",
                hint=f"It has: {', '.join(part.name for part in parts)}.",
                code=code,
            )
        if len(text) > LONGEST_PART:
            raise InvalidInput(
                f"{name} ({language}): {part} is too long.",
                hint=f"Keep it below {LONGEST_PART:,} letters.",
                code=code,
            )


def from_data(data: Any) -> ContentFile:
    """Return the messages and blocks of plain data with the lists ``messages`` and ``blocks``; other keys are left alone.

    Raises:
        InvalidInput: it has no such lists, or something in them cannot be used.
    """
    if not isinstance(data, Mapping) or not (data.get("messages") or data.get("blocks")):
        raise InvalidInput(
            "There are no messages or blocks in it.",
            hint="Begin with the line messages: or blocks: and give a list.",
        )
    lists = {}
    for name in ("messages", "blocks"):
        items = data.get(name) or []
        if not isinstance(items, list) or not all(isinstance(one, Mapping) for one in items):
            raise InvalidInput(f"{name} is no list.", hint="Give each as an item with a name and texts.")
        lists[name] = items
    return ContentFile(
        messages=tuple(message_from_data(one) for one in lists["messages"]),
        blocks=tuple(block_from_data(one) for one in lists["blocks"]),
    )


def read_yaml(text: str) -> ContentFile:
    """Return the messages and blocks of a YAML file, all of them or none.

    Raises:
        InvalidInput: it is no such file; the hint says where it stops being YAML.
    """
    if len(text) > _LONGEST_FILE:
        raise InvalidInput("The file is too long.", hint="Import it in parts.")
    try:
        data = yaml.safe_load(text)
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise InvalidInput("That is no YAML.", hint=str(error)[:200]) from error
    return from_data(data)


def write_yaml(messages: Sequence[Message], blocks: Sequence[Block]) -> str:
    """Return messages and blocks as a YAML file, long texts as they are read."""
    data: dict[str, Any] = {}
    if blocks:
        data["blocks"] = [to_data(one) for one in blocks]
    if messages:
        data["messages"] = [to_data(one) for one in messages]
    return yaml.dump(data, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=110)


class _Dumper(yaml.SafeDumper):
    """Writes texts of several lines as blocks, so that templates can be read and compared."""


def _as_block(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _as_block)


def _refused(kind: str, data: Mapping[str, Any], said: str) -> InvalidInput:
    name = str(data.get("name", ""))[:40] or "without a name"
    return InvalidInput(
        f"The {kind} {name} cannot be used: {said}.",
        hint="Compare it with an exported file.",
        code=f"invalid_{kind}",
    )
