"""What is offered while a rule is typed: names of events, traits, products and so on that the data really hold."""

from collections.abc import Iterable, Mapping

import msgspec

from beleef.ui.components import CHANNELS, channel_mark
from beleef.ui.forms import Option, Suggestions
from beleef.ui.words import Words

EVENTS = "seen-events"
TRAITS = "seen-traits"
PRODUCTS = "seen-products"
PURPOSES = "seen-purposes"
ACCOUNT_TRAITS = "seen-account-traits"
SOURCES = "seen-sources"
PATHS = "seen-paths"
COMPUTED = "seen-computed"
AUDIENCES = "seen-audiences"


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """What the data hold, each list with the most frequent first.

    Attributes:
        events: Names of events, pages and screens.
        channels: Channels of facts.
        sources: Names of sources.
        traits: Names of traits.
        account_traits: Names of traits of accounts.
        purposes: Purposes of consents.
        products: Names of products by their numbers.
        paths: Where values stand in facts.
        computed: Labels of computed traits by their names.
        audiences: Labels of audiences by their names.
    """

    events: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    traits: tuple[str, ...] = ()
    account_traits: tuple[str, ...] = ()
    purposes: tuple[str, ...] = ()
    products: Mapping[str, str] = {}
    paths: tuple[str, ...] = ()
    computed: Mapping[str, str] = {}
    audiences: Mapping[str, str] = {}


def suggestions(seen: Seen) -> tuple[Suggestions, ...]:
    """Return the lists that the fields of a rule name."""
    return (
        _named(EVENTS, seen.events),
        _named(TRAITS, seen.traits),
        _named(ACCOUNT_TRAITS, seen.account_traits),
        _named(PURPOSES, seen.purposes),
        _named(SOURCES, seen.sources),
        _named(PATHS, seen.paths),
        _labelled(PRODUCTS, seen.products),
        _labelled(COMPUTED, seen.computed),
        _labelled(AUDIENCES, seen.audiences),
    )


def channel_options(seen: Seen, words: Words, ticked: Iterable[str] = ()) -> tuple[Option, ...]:
    """Return the channels that can be chosen: Beleef's own, those seen, and those that are ticked."""
    names = dict.fromkeys((*CHANNELS, *seen.channels, *ticked))
    return tuple(Option(value=one, label=channel_mark(one, words).label) for one in names)


def _named(name: str, values: Iterable[str]) -> Suggestions:
    return Suggestions(name=name, options=tuple(Option(value=one, label=one) for one in values))


def _labelled(name: str, labels: Mapping[str, str]) -> Suggestions:
    return Suggestions(
        name=name, options=tuple(Option(value=one, label=label) for one, label in labels.items())
    )
