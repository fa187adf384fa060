"""Reading a mapping's YAML strictly. Whatever is wrong with it is said once, with its place in the document and what to do."""

import difflib
import re
from collections.abc import Collection
from typing import Any

import yaml

from beleef.kernel.errors import InvalidInput

_LARGEST = 256 * 1024


def refusal(place: str, message: str, hint: str = "") -> InvalidInput:
    """Return the one kind of complaint about a mapping, with code ``invalid_mapping``, for raising."""
    return InvalidInput(f"{place}: {message}" if place else message, hint=hint, code="invalid_mapping")


def under(place: str, name: str | int) -> str:
    """Return the place of a part: ``facts[0].traits`` is under ``facts[0]``."""
    if isinstance(name, int):
        return f"{place}[{name}]"
    return f"{place}.{name}" if place else name


def nearest(word: str, words: Collection[str]) -> str:
    """Return a hint that names the word that was probably meant, else the words there are."""
    close = difflib.get_close_matches(word, list(words), n=1)
    if close:
        return f"Did you mean '{close[0]}'?"
    return f"There is: {', '.join(sorted(words))}." if words else ""


def load(text: str) -> dict[str, Any]:
    """Return a YAML document as a dict of plain values.

    Only ``true`` and ``false`` are truth values and nothing is a date, so that a country code ``NO`` stays a text.

    Raises:
        InvalidInput: it is no YAML, not one mapping, too large, or uses anchors, tags or a name twice.
    """
    if len(text) > _LARGEST:
        raise refusal(
            "",
            "The mapping is larger than 256 KB.",
            "A mapping says what columns mean; the data stays in its own file.",
        )
    try:
        document = yaml.load(text, Loader=_Loader)  # noqa: S506 -- a SafeLoader that knows even less
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        place = f"line {mark.line + 1}, column {mark.column + 1}" if mark else "the mapping"
        raise refusal(
            place,
            f"This is not YAML that a mapping can use: {error.problem}.",
            "Put texts with special signs in quotes.",
        ) from error
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise refusal(
            "the mapping", f"It cannot be read as YAML ({type(error).__name__}).", "Save it as UTF-8 text."
        ) from error
    if not isinstance(document, dict):
        raise refusal(
            "the mapping",
            "It is not a set of names with values.",
            "Begin with 'name: my-mapping' and 'facts:'.",
        )
    return document


def fields(
    raw: object, place: str, *, allowed: Collection[str], required: Collection[str] = ()
) -> dict[str, Any]:
    """Return ``raw`` as a dict that has no other names than ``allowed`` and all those ``required``.

    Raises:
        InvalidInput: it is no such dict.
    """
    if not isinstance(raw, dict):
        raise refusal(
            place, "Here a set of names with values is needed.", f"Possible names: {', '.join(allowed)}."
        )
    for name in raw:
        if name not in allowed:
            raise refusal(under(place, name), "This name is not known here.", nearest(name, allowed))
    for name in required:
        if raw.get(name) is None:
            raise refusal(place or "the mapping", f"'{name}' is missing.", f"Add '{name}:'.")
    return raw


def text(raw: object, place: str) -> str:
    """Return ``raw`` if it is a text that is not empty.

    Raises:
        InvalidInput: it is not.
    """
    if not isinstance(raw, str) or not raw:
        raise refusal(place, "Here a text is needed.", "Write it in quotes.")
    return raw


def texts(raw: object, place: str) -> tuple[str, ...]:
    """Return ``raw``, one text or a list of them, as a tuple.

    Raises:
        InvalidInput: it is neither, or an empty list.
    """
    items = raw if isinstance(raw, list) else [raw]
    if not items:
        raise refusal(place, "The list is empty.", "Name at least one.")
    return tuple(text(item, under(place, index)) for index, item in enumerate(items))


class _Loader(yaml.SafeLoader):
    """YAML without its surprises: JSON's kinds of values only, and every name once."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.events.AliasEvent):
            # A few aliases of aliases stand for more values than any memory holds.
            mark = self.peek_event().start_mark  # type: ignore[no-untyped-call]
            raise yaml.composer.ComposerError(
                None, None, "anchors and aliases are not used in mappings", mark
            )
        return super().compose_node(parent, index)

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:  # noqa: ARG002 -- PyYAML calls it so
        names: set[str] = set()
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise yaml.constructor.ConstructorError(None, None, "a name must be a text", key.start_mark)
            if key.value in names:
                raise yaml.constructor.ConstructorError(
                    None, None, f"'{key.value}' stands here twice", key.start_mark
                )
            names.add(key.value)
        # Names are texts whatever they look like: the code 1 in a table of codes is "1".
        return {key.value: self.construct_object(value, deep=True) for key, value in node.value}


_Loader.yaml_implicit_resolvers = {}
for _tag, _pattern, _first in (
    ("bool", r"^(?:true|false)$", "tf"),
    ("null", r"^(?:null|~|)$", ["n", "~", ""]),
    ("int", r"^[-+]?(?:0|[1-9][0-9]{0,17})$", "-+0123456789"),
    ("float", r"^[-+]?[0-9]{1,30}\.[0-9]{1,30}$", "-+0123456789"),
):
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(_pattern), list(_first))
