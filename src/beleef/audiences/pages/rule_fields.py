"""The form of a rule as data: every part with its fields, its buttons and what is wrong with it, for ``audiences/rule.html``.

Other pages that hold a rule use it too, each with a prefix of its own for its fields.
"""

from collections.abc import Mapping
from typing import Final, get_args

import msgspec

from beleef.audiences.model import CONSENT_STATES, OPERATORS, VALUE_OPERATORS
from beleef.audiences.pages import seen as seen_
from beleef.audiences.pages.draft import GROUPS, LEAVES, Draft, Place, field
from beleef.audiences.pages.seen import Seen
from beleef.audiences.pages.translation import IS_MISSING, Wrong
from beleef.facts.fact import FactType
from beleef.profiles.pages.timeline import type_label
from beleef.ui.forms import Checkbox, Choices, Field, Input, Option, Select
from beleef.ui.words import N_, Words

_MODES: Final = {
    "all": N_("All of these hold"),
    "any": N_("At least one of these holds"),
    "not_all": N_("Not all of these hold"),
    "none": N_("None of these holds"),
}
_KINDS: Final = {
    "trait": N_("What is known about them"),
    "computed": N_("A computed trait"),
    "did": N_("What they did"),
    "sequence": N_("What they did in an order, or left undone"),
    "account": N_("What is known about their account"),
    "consent": N_("What they allow"),
    "holds": N_("What they have"),
    "audience": N_("Another audience"),
    "group": N_("A group of conditions"),
    "step": N_("Step"),
    "where": N_("Only where"),
}
_OPERATORS: Final = {
    "is": N_("is"),
    "is_not": N_("is not"),
    "in": N_("is one of"),
    "not_in": N_("is none of"),
    "contains": N_("contains"),
    "greater": N_("is more than"),
    "less": N_("is less than"),
    "at_least": N_("is at least"),
    "at_most": N_("is at most"),
    "exists": N_("is there"),
    IS_MISSING: N_("is not there"),
    "before": N_("is before the day"),
    "after": N_("is after the day"),
    "within_last_days": N_("was within the last … days"),
    "within_next_days": N_("is within the next … days"),
    "anniversary_within_days": N_("comes round within … days"),
}
_CONSENTS: Final = {
    "granted": N_("is allowed"),
    "denied": N_("is not allowed"),
    "unknown": N_("was never answered"),
}
_TYPES: Final[tuple[str, ...]] = tuple(one for one in get_args(FactType) if one not in {"alias", "merge"})


class RuleNode(msgspec.Struct, frozen=True, kw_only=True):
    """A part of a rule as it is drawn.

    Attributes:
        id: Its id on the page, and the name that its fields begin with.
        kind: What it is, see ``Draft``.
        title: The same in words.
        hidden: Fields that go along unseen, as (name, value).
        fields: What is asked first.
        more, more_open: What is seldom asked, and whether it is unfolded because something of it is filled in.
        denied: The box that turns the condition around; None where there is none.
        error: Why it cannot work, with what to do, where no field of it says so.
        parent: The id of the part around it, where the reader is brought to when it moves or goes.
        parts: The parts in it.
        choose: What kind of part to add; None where only one kind can be.
        add, add_label: Value and text of the button that adds a part; empty where none can be added.
        moves: Buttons as (value, icon, label): up, down, remove.
        focus: Whether the reader was just brought here.
    """

    id: str
    kind: str
    title: str
    hidden: tuple[tuple[str, str], ...]
    fields: tuple[Field, ...] = ()
    more: tuple[Field, ...] = ()
    more_open: bool = False
    denied: Checkbox | None = None
    error: str | None = None
    parent: str = ""
    parts: tuple["RuleNode", ...] = ()
    choose: Select | None = None
    add: str = ""
    add_label: str = ""
    moves: tuple[tuple[str, str, str], ...] = ()
    focus: bool = False


class RuleForm(msgspec.Struct, frozen=True, kw_only=True):
    """Draws one rule as a form.

    Args:
        prefix: What all its fields begin with.
        seen: What to offer.
        words: The reader's language.
        wrong: Why some parts cannot work, by place.
        focus: The part that the reader was brought to.
        lead: What the rule decides; empty for who is in an audience.
    """

    prefix: str
    seen: Seen
    words: Words
    wrong: Mapping[Place, Wrong] = {}
    focus: Place | None = None
    lead: str = ""

    def draw(self, draft: Draft) -> RuleNode:
        """Return the rule as it is drawn."""
        return self._node(draft, (), 1)

    def _node(self, draft: Draft, place: Place, among: int) -> RuleNode:
        fields, more = self._fields(draft, place)
        wrong = self.wrong.get(place)
        node = RuleNode(
            id=field(self.prefix, place),
            kind=draft.kind,
            title=self._title(draft, place),
            hidden=self._hidden(draft, place),
            fields=fields,
            more=more,
            more_open=any(draft.one(name) for name in ("types", "channels", "sources", "since", "until")),
            denied=self._denied(draft, place) if draft.kind in LEAVES else None,
            error=self._said(wrong) if wrong and not self._is_told(wrong, (*fields, *more), place) else None,
            parent=field(self.prefix, place[:-1]),
            parts=tuple(
                self._node(part, (*place, number), len(draft.parts))
                for number, part in enumerate(draft.parts)
            ),
            moves=self._moves(draft, place, among),
            focus=place == self.focus,
        )
        return self._with_adding(node, draft, place)

    def _said(self, wrong: Wrong) -> str:
        return " ".join(map(self.words.refused, filter(None, (wrong.message, wrong.hint))))

    def _is_told(self, wrong: Wrong, fields: tuple[Field, ...], place: Place) -> bool:
        name = field(self.prefix, place, wrong.field)
        return any(
            isinstance(one, Input | Select) and one.error is not None and one.name == name for one in fields
        )

    def _title(self, draft: Draft, place: Place) -> str:
        title = self.words.gettext(_KINDS[draft.kind])
        return f"{title} {place[-1] + 1}" if draft.kind == "step" else title

    def _hidden(self, draft: Draft, place: Place) -> tuple[tuple[str, str], ...]:
        always = (("kind", draft.kind), ("parts", str(len(draft.parts))))
        bare = (("bare", "yes"),) if draft.one("bare") else ()
        return tuple((field(self.prefix, place, name), value) for name, value in (*always, *bare))

    def _denied(self, draft: Draft, place: Place) -> Checkbox:
        return Checkbox(
            name=field(self.prefix, place, "negated"),
            label=self.words.gettext("must not hold"),
            checked=bool(draft.one("negated")),
        )

    def _with_adding(self, node: RuleNode, draft: Draft, place: Place) -> RuleNode:
        words = self.words
        at = "-".join(map(str, place))
        match draft.kind:
            case "group":
                kinds = (*LEAVES, "group")
                choose = Select(
                    name=field(self.prefix, place, "new"),
                    label=words.gettext("Kind of condition"),
                    options=tuple(Option(value=one, label=words.gettext(_KINDS[one])) for one in kinds),
                    value="did",
                )
                adding = {
                    "choose": choose,
                    "add": f"{self.prefix}:add:{at}",
                    "add_label": words.gettext("Add"),
                }
            case "sequence":
                adding = {"add": f"{self.prefix}:step:{at}", "add_label": words.gettext("Add a step")}
            case "did" | "step":
                adding = {"add": f"{self.prefix}:where:{at}", "add_label": words.gettext("Only where …")}
            case _:
                return node
        return msgspec.structs.replace(node, **adding)

    def _moves(self, draft: Draft, place: Place, among: int) -> tuple[tuple[str, str, str], ...]:
        if not place:
            return ()
        words, at = self.words, "-".join(map(str, place))
        title = self._title(draft, place)
        moves = []
        if place[-1] and draft.kind != "where":
            moves.append(
                (f"{self.prefix}:up:{at}", "arrow-up", words.gettext("Move up: %(part)s", part=title))
            )
        if place[-1] < among - 1 and draft.kind != "where":
            moves.append(
                (f"{self.prefix}:down:{at}", "arrow-down", words.gettext("Move down: %(part)s", part=title))
            )
        moves.append((f"{self.prefix}:remove:{at}", "trash", words.gettext("Remove: %(row)s", row=title)))
        return tuple(moves)

    def _fields(self, draft: Draft, place: Place) -> tuple[tuple[Field, ...], tuple[Field, ...]]:
        words, more = self.words, tuple[Field, ...]()
        match draft.kind:
            case "group":
                fields = self._group(draft, place)
            case "trait":
                fields = (
                    self._name(draft, place, words.gettext("Trait"), seen_.TRAITS),
                    *self._test(draft, place),
                )
            case "computed":
                fields = (
                    self._known(draft, place, words.gettext("Computed trait"), self.seen.computed),
                    *self._test(draft, place),
                )
            case "account":
                fields = (
                    self._name(draft, place, words.gettext("Trait of the account"), seen_.ACCOUNT_TRAITS),
                    *self._test(draft, place),
                )
            case "audience":
                fields = (self._known(draft, place, words.gettext("Audience"), self.seen.audiences),)
            case "holds":
                fields = (
                    self._input(
                        draft, place, "product", words.gettext("Product (any, if empty)"), seen_.PRODUCTS
                    ),
                )
            case "consent":
                fields = self._consent(draft, place)
            case "where":
                path = self._input(draft, place, "path", words.gettext("Value of the fact"), seen_.PATHS)
                fields = (path, *self._test(draft, place, VALUE_OPERATORS))
            case "sequence":
                fields = self._sequence(draft, place)
            case "step":
                fields, more = (self._events(draft, place),), self._narrower(draft, place)
            case _:
                fields = self._did(draft, place)
                more = (*self._period(draft, place), *self._narrower(draft, place))
        return fields, more

    def _group(self, draft: Draft, place: Place) -> tuple[Field, ...]:
        return (
            self._select(
                draft,
                place,
                "mode",
                self.words.gettext("Who:")
                if place
                else self.lead or self.words.gettext("In the audience is who:"),
                {one: _MODES[one] for one in GROUPS},
            ),
        )

    def _test(self, draft: Draft, place: Place, operators: tuple[str, ...] = OPERATORS) -> tuple[Field, ...]:
        known = {}
        for one in operators:
            known[one] = _OPERATORS[one]
            if one == "exists":
                known[IS_MISSING] = _OPERATORS[IS_MISSING]
        return (
            self._select(draft, place, "operator", self.words.gettext("Test"), known),
            self._input(draft, place, "value", self.words.gettext("Compared with")),
        )

    def _consent(self, draft: Draft, place: Place) -> tuple[Field, ...]:
        words = self.words
        channels = seen_.channel_options(self.seen, words, draft.values.get("channel", ()))
        everywhere = Option(value="*", label=words.gettext("all channels"))
        options = (everywhere, *(one for one in channels if one.value != "*"))
        return (
            self._input(draft, place, "purpose", words.gettext("Purpose"), seen_.PURPOSES),
            Select(
                name=field(self.prefix, place, "channel"),
                label=words.gettext("Channel"),
                options=options,
                value=draft.one("channel") or "*",
            ),
            self._select(
                draft,
                place,
                "state",
                words.gettext("Contact"),
                {one: _CONSENTS[one] for one in CONSENT_STATES},
            ),
        )

    def _did(self, draft: Draft, place: Place) -> tuple[Field, ...]:
        words = self.words
        days = {"": N_("times 24 hours"), "yes": N_("days of the calendar, today included")}
        return (
            self._events(draft, place),
            self._input(draft, place, "at_least", words.gettext("At least (times)"), type_="number"),
            self._input(draft, place, "at_most", words.gettext("At most (times)"), type_="number"),
            self._input(draft, place, "within_days", words.gettext("In the last (days)"), type_="number"),
            self._select(draft, place, "calendar", words.gettext("Days are"), days),
        )

    def _period(self, draft: Draft, place: Place) -> tuple[Field, ...]:
        words = self.words
        return (
            self._input(draft, place, "since", words.gettext("From the day, in place of the last days")),
            self._input(draft, place, "until", words.gettext("Before the day")),
        )

    def _sequence(self, draft: Draft, place: Place) -> tuple[Field, ...]:
        words = self.words
        last = {"": N_("and then the last step"), "yes": N_("and then not the last step")}
        return (
            self._input(draft, place, "within_hours", words.gettext("All within (hours)"), type_="number"),
            self._select(
                draft, place, "missing_last", words.gettext("They did the steps in this order"), last
            ),
            self._input(
                draft, place, "within_days", words.gettext("Begun in the last (days)"), type_="number"
            ),
        )

    def _events(self, draft: Draft, place: Place) -> Field:
        label = self.words.gettext("Events, pages or screens, parted by commas")
        return self._input(draft, place, "events", label, seen_.EVENTS)

    def _narrower(self, draft: Draft, place: Place) -> tuple[Field, ...]:
        words = self.words
        channels = draft.values.get("channels", ())
        return (
            self._input(draft, place, "sources", words.gettext("Sources, parted by commas"), seen_.SOURCES),
            Choices(
                name=field(self.prefix, place, "types"),
                label=words.gettext("Types"),
                type="checkbox",
                options=tuple(Option(value=one, label=type_label(one, words)) for one in _TYPES),
                values=draft.values.get("types", ()),
            ),
            Choices(
                name=field(self.prefix, place, "channels"),
                label=words.gettext("Channels"),
                type="checkbox",
                options=seen_.channel_options(self.seen, words, channels),
                values=channels,
            ),
        )

    def _known(self, draft: Draft, place: Place, label: str, known: Mapping[str, str]) -> Field:
        """Return the choice of something that has a name and a label; what is gone stays chosen, under its name."""
        chosen, wrong = draft.one("name"), self.wrong.get(place)
        named = known if not chosen or chosen in known else {chosen: chosen, **known}
        options = (Option(value=one, label=text) for one, text in named.items())
        return Select(
            name=field(self.prefix, place, "name"),
            label=label,
            options=(Option(value="", label=self.words.gettext("Choose …")), *options),
            value=chosen,
            error=self._said(wrong) if wrong and wrong.field == "name" else None,
        )

    def _name(self, draft: Draft, place: Place, label: str, offered: str) -> Field:
        return self._input(draft, place, "name", label, offered)

    def _input(
        self,
        draft: Draft,
        place: Place,
        name: str,
        label: str,
        offered: str | None = None,
        type_: str = "text",
    ) -> Field:
        wrong = self.wrong.get(place)
        return Input(
            name=field(self.prefix, place, name),
            label=label,
            type="number" if type_ == "number" else "text",
            value=draft.one(name),
            suggestions=offered,
            autocomplete="off",
            required=False,
            error=self._said(wrong) if wrong and wrong.field == name else None,
        )

    def _select(self, draft: Draft, place: Place, name: str, label: str, options: Mapping[str, str]) -> Field:
        return Select(
            name=field(self.prefix, place, name),
            label=label,
            options=tuple(Option(value=one, label=self.words.gettext(text)) for one, text in options.items()),
            value=draft.one(name),
        )
