"""All facts of one moment as Ibis tables: of whom, which ones, and what stands in them."""

from collections.abc import Callable, Collection, Sequence

import ibis
import ibis.expr.types as ir

from beleef.audiences import needs
from beleef.audiences.history_values import as_number, fulfils_values
from beleef.audiences.model import Facts, Test, Where
from beleef.audiences.zones import Zones
from beleef.kernel.clock import DAY
from beleef.kernel.errors import Conflict
from beleef.profiles.api import Condition, Days, Definition
from beleef.store.warehouse.engine import Warehouse
from beleef.store.warehouse.questions import day_of

ABOUT_SOMEBODY = ("identify", "group")
"""Fact types whose column ``properties`` holds traits."""

_COLUMNS = {
    "type": "type",
    "name": "name",
    "source": "source",
    "channel": "channel",
    "touchpoint": "touchpoint",
    "group_id": "account",
    "campaign": "campaign",
    "product": "product",
    "currency": "currency",
}
_UNKEPT = frozenset({"user_id", "anonymous_id", "occurred_at", "received_at"})
_FROM_CONDITION = {"equals": "is", "not_equals": "is_not"}


class History:
    """The facts as they were known at one moment.

    Args:
        warehouse: All facts.
        zones: The calendars.
        now: The moment, in microseconds.
        zone_names: The zones in which people say they live.
        until: Only facts with a lower number; None for all.
    """

    def __init__(
        self,
        warehouse: Warehouse,
        zones: Zones,
        *,
        now: int,
        zone_names: Collection[str] = (),
        until: int | None = None,
    ) -> None:
        self._warehouse = warehouse
        self.zones = zones
        self.now = now
        self._zone_names = sorted(zone_names)
        facts = warehouse.facts()
        # What was erased belongs to nobody.
        known = facts.filter(facts.person > 0)
        self.facts = known if until is None else known.filter(known.id < until)

    def people(self) -> ir.Table:
        """Return everybody of whom there is a fact: one column ``person``."""
        return self.facts.select("person").distinct()

    def accounts(self) -> ir.Table:
        """Return who was seen in which account: the columns ``person`` and ``account``."""
        facts = self.facts
        return facts.filter(facts.account.notnull()).select("person", "account").distinct()

    def text_at(self, json: ir.StringValue, *path: object) -> ir.StringValue:
        """Return what stands at a place in a column of JSON."""
        return self._warehouse.text_at(json, path)

    def steps_at(self, json: ir.StringValue, steps: Sequence[str]) -> ir.StringValue:
        """Return the same behind steps, where a whole number chooses from a list as well as from names."""
        found = self.text_at(json, *steps)
        if not any(step.isdecimal() for step in steps):
            return found
        places = [int(step) if step.isdecimal() else step for step in steps]
        return ibis.coalesce(found, self.text_at(json, *places))

    def by_zone(self, table: ir.Table, value: Callable[[Days], int]) -> ir.IntegerValue:
        """Return a number that depends on the zone in which the person of a row lives: its column ``zone``."""
        default = value(self.zones.default)
        others: dict[int, list[str]] = {}
        for name in self._zone_names:
            if (found := value(self.zones.of(name))) != default:
                others.setdefault(found, []).append(name)
        if not others:
            return ibis.literal(default, "int64")
        whens = [(table.zone.isin(names), ibis.literal(found, "int64")) for found, names in others.items()]
        return ibis.cases(*whens, else_=ibis.literal(default, "int64"))

    def todays(self) -> set[int]:
        """Return the days, counted from 1970-01-01, that it is now where people live."""
        zones = [self.zones.default, *(self.zones.of(name) for name in self._zone_names)]
        return {zone.of(self.now) for zone in zones}

    def day_of(self, moment: ir.IntegerColumn) -> ir.IntegerValue:
        """Return the day of moments in the organisation's zone, counted from 1970-01-01."""
        return day_of(moment, self.zones.name, since=0, until=self.now + DAY)

    def zone_names(self) -> set[str]:
        """Return the zones in which people say, or once said, they live; those that are none are among them."""
        facts = self.facts.filter(self.facts.type == "identify")
        found = facts.select(zone=self.text_at(facts.properties, needs.ZONE_TRAIT)).distinct()
        return {name for name in self._warehouse.ask(found)["zone"].to_pylist() if name}

    # Which facts

    def latest(
        self, facts: Facts, keep: int, *, since: int | None = None, until: int | None = None
    ) -> ir.Table:
        """Return the latest moments per person of facts, ``keep`` at most, without those in the future."""
        chosen = self.chosen(facts)
        if since is not None:
            chosen = chosen.filter(chosen.moment >= since)
        if until is not None:
            chosen = chosen.filter(chosen.moment < until)
        place = ibis.row_number().over(
            group_by=chosen.person, order_by=[chosen.moment.desc(), chosen.id.desc()]
        )
        ranked = chosen.select("person", "moment", place=place)
        return ranked.filter((ranked.place < keep) & (ranked.moment <= self.now)).select("person", "moment")

    def chosen(self, facts: Facts) -> ir.Table:
        """Return the facts that are meant."""
        rows = self.facts
        for column, wanted in (
            ("name", facts.events),
            ("type", facts.types),
            ("channel", facts.channels),
            ("source", facts.sources),
        ):
            if wanted:
                rows = rows.filter(rows[column].isin(wanted))
        for one in facts.where:
            rows = rows.filter(self._holds(rows, one))
        return rows

    def counted(self, definition: Definition) -> ir.Table:
        """Return the facts that count in the definition of a computed trait."""
        if definition.means_everything:
            return self.facts.filter(self.facts.type != "beleef")
        return self.chosen(
            Facts(
                events=definition.names,
                types=definition.types,
                channels=definition.channels,
                sources=definition.sources,
                where=tuple(_where(one) for one in definition.conditions),
            )
        )

    def _holds(self, rows: ir.Table, one: Where) -> ir.BooleanValue:
        text, number = self.value(rows, one.path)
        return fulfils_values(text, number, one.test)

    # What stands in them

    def value(self, rows: ir.Table, path: str) -> tuple[ir.StringValue, ir.FloatingValue]:
        """Return what stands at a path in facts, as text and as number.

        Raises:
            Conflict: the history does not keep it.
        """
        if path in _UNKEPT:
            raise Conflict(
                f"The history cannot be asked for {path}.",
                hint="Leave it out of the rule to have it verified.",
            )
        if path == "revenue":
            return rows.revenue.cast("string"), rows.revenue
        text = rows[_COLUMNS[path]] if path in _COLUMNS else self._within(rows, path)
        return text, as_number(text)

    def _within(self, rows: ir.Table, path: str) -> ir.StringValue:
        first, *rest = path.split(".")
        about = rows.type.isin(ABOUT_SOMEBODY)
        if first == "properties" and rest:
            return about.ifelse(
                self.steps_at(rows.context, ["properties", *rest]), self.steps_at(rows.properties, rest)
            )
        if first == "traits" and rest:
            return about.ifelse(
                self.steps_at(rows.properties, rest), self.steps_at(rows.context, ["traits", *rest])
            )
        if first == "context" and rest:
            return self.steps_at(rows.context, rest)
        whole = [first, *rest]
        own = about.ifelse(
            self.steps_at(rows.context, ["properties", *whole]), self.steps_at(rows.properties, whole)
        )
        return ibis.coalesce(own, self.steps_at(rows.context, whole))


def _where(condition: Condition) -> Where:
    value = condition.value
    operator = _FROM_CONDITION.get(condition.operator, condition.operator)
    wanted = tuple(value) if isinstance(value, list) else True if value is None else value
    return Where(path=condition.path, test=Test(operator=operator, value=wanted))  # type: ignore[arg-type]  # one of the operators
