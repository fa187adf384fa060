"""Traits, computed traits, consents and products of everybody, worked out from the facts themselves."""

from collections.abc import Sequence

import ibis
import ibis.expr.types as ir

from beleef.audiences.facts_in_history import History
from beleef.audiences.history_values import as_number
from beleef.profiles.api import CONSENT_WORDS, PRODUCT_ACTIONS, PRODUCT_KEYS, Definition
from beleef.store.warehouse.json_paths import length_of

_LARGEST = 1e11
_MILLIONTHS = 1_000_000
_MOST_PIECES = 100_000
_BUY, _RETURN, _CANCEL, _START, _END = range(5)


def latest(rows: ir.Table, by: str, *keep: str) -> ir.Table:
    """Return the latest row of each person or account: the columns ``by`` and ``keep``."""
    place = ibis.row_number().over(group_by=rows[by], order_by=[rows.moment.desc(), rows.id.desc()])
    ranked = rows.select(by, *keep, place=place)
    return ranked.filter(ranked.place == 0).select(by, *keep)


def traits_of(history: History, name: str, by: str) -> ir.Table:
    """Return a trait of everybody, or of every account: ``by``, ``text`` and ``number``; those without it are left out.

    What no trait is called is looked for within one, as ``profiles.traits.value_at`` does.
    """
    found = _named(history, (name,), by)
    first, *rest = name.split(".")
    if not rest:
        return found
    within = _named(history, (first, *rest), by)
    return found.union(within.anti_join(found, by))


def _named(history: History, path: Sequence[str], by: str) -> ir.Table:
    type_ = "identify" if by == "person" else "group"
    facts = history.facts.filter(history.facts.type == type_)
    if by == "account":
        facts = facts.filter(facts.account.notnull())
    told = facts.select(
        by,
        "moment",
        "id",
        trait=history.text_at(facts.properties, path[0]),
        text=history.steps_at(facts.properties, path),
        json=facts.properties,
    )
    # A value of null takes the trait away; there is a word about it, and no text.
    told = told.filter(told.trait.notnull() | told.json.contains(f"{_quoted(path[0])}:null"))
    found = latest(told, by, "text")
    found = found.filter(found.text.notnull())
    return found.mutate(number=as_number(found.text))


def _quoted(name: str) -> str:
    return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'


# Computed traits


def computed(history: History, definition: Definition) -> ir.Table:
    """Return a computed trait of everybody: ``person``, ``text`` and ``number``, those without it left out."""
    rows = history.counted(definition)
    if definition.of is None:
        rows = rows.mutate(text=ibis.literal("true"), number=ibis.literal(1.0))
    else:
        text, number = history.value(rows, definition.of)
        rows = rows.mutate(text=text, number=number)
    kind = definition.kind
    if kind in {"last", "days_since"}:
        return _latest_value(history, definition, rows.filter(_is_single(rows.text)))
    rows = _in_window(history, definition, rows)
    if kind == "first":
        rows = rows.filter(_is_single(rows.text))
        place = ibis.row_number().over(group_by=rows.person, order_by=[rows.moment, rows.id])
        ranked = rows.select("person", "text", "number", place=place)
        return ranked.filter(ranked.place == 0).select("person", "text", "number")
    if kind == "most_frequent":
        return _most_frequent(rows)
    return _total(history, kind, rows)


def _in_window(history: History, definition: Definition, rows: ir.Table) -> ir.Table:
    if definition.window_days is None:
        return rows
    days = history.zones.default
    today = days.of(history.now)
    first, end = days.start(today - definition.window_days + 1), days.start(today + 1)
    return rows.filter((rows.moment >= first) & (rows.moment < end))


def _is_single(text: ir.StringValue) -> ir.BooleanValue:
    return text.notnull() & ~text.startswith("[") & ~text.startswith("{")


def _latest_value(history: History, definition: Definition, rows: ir.Table) -> ir.Table:
    found = latest(rows, "person", "moment", "text", "number")
    found = _in_window(history, definition, found)
    if definition.kind == "last":
        return found.select("person", "text", "number")
    day = history.day_of(found.moment)
    since = history.zones.default.of(history.now) - day
    return found.select("person", text=since.cast("string"), number=since.cast("float64"))


def _most_frequent(rows: ir.Table) -> ir.Table:
    labelled = rows.select("person", text=_label(rows.text))
    counted = labelled.filter(labelled.text.notnull() & (labelled.text != ""))
    counted = counted.group_by("person", "text").aggregate(times=lambda one: one.count())
    place = ibis.row_number().over(group_by=counted.person, order_by=[counted.times.desc(), counted.text])
    ranked = counted.select("person", "text", place=place)
    found = ranked.filter(ranked.place == 0).select("person", "text")
    return found.mutate(number=as_number(found.text))


def _label(text: ir.StringValue) -> ir.StringValue:
    """Return the text under which a value is counted: 3.0 is 3; lists and maps are none."""
    whole = text.re_search(r"^-?[0-9]+\.0$").ifelse(text.re_replace(r"\.0$", ""), text)
    return _is_single(text).ifelse(whole, ibis.null("string"))


def _total(history: History, kind: str, rows: ir.Table) -> ir.Table:
    """Return counts, sums and extremes; a count of nothing, and a sum of it, is 0 for everybody else."""
    usable = rows.number.abs() <= _LARGEST
    if kind == "count":
        rows = rows.filter(rows.text.notnull())
        found = rows.group_by("person").aggregate(value=lambda one: one.count())
    elif kind == "unique_count":
        labelled = rows.select("person", text=_label(rows.text))
        labelled = labelled.filter(labelled.text.notnull() & (labelled.text != ""))
        found = labelled.group_by("person").aggregate(value=lambda one: one.text.nunique())
    elif kind in {"sum", "average"}:
        rows = rows.filter(usable)
        rows = rows.select("person", millionths=(rows.number * _MILLIONTHS).round().cast("int64"))
        found = rows.group_by("person").aggregate(
            total=lambda one: one.millionths.sum(), times=lambda one: one.count()
        )
        total = found.total.cast("float64")
        value = total / _MILLIONTHS if kind == "sum" else (total / (found.times * _MILLIONTHS)).round(6)
        found = found.select("person", value=value)
    else:
        rows = rows.filter(rows.number.notnull())
        found = rows.group_by("person").aggregate(
            value=lambda one: one.number.min() if kind == "minimum" else one.number.max()
        )
    if kind in {"count", "sum", "unique_count"}:
        everybody = history.people()
        theirs = found.rename(its_person="person")
        joined = everybody.left_join(theirs, everybody.person == theirs.its_person)
        found = joined.select("person", value=joined.value.fill_null(0))
    return found.select("person", text=found.value.cast("string"), number=found.value.cast("float64"))


# Consents


def consents(history: History, purpose: str, channel: str) -> ir.Table:
    """Return the latest word of everybody about a purpose on a channel: ``person`` and ``allows``; others never said."""
    facts = history.facts
    event = facts.name.lower()
    word = event.cases(
        ("consent given", "granted"),
        ("consent withdrawn", "withdrawn"),
        else_=history.text_at(facts.properties, "state").lower(),
    )
    told = facts.filter(
        (facts.type == "track")
        & event.isin(("consent given", "consent withdrawn", "consent updated"))
        & (history.text_at(facts.properties, "purpose") == purpose)
        & history.text_at(facts.properties, "channel").fill_null("*").isin((channel, "*"))
        & word.notnull()
        & (word != "")
    )
    said = told.select("person", "moment", "id", rank=ibis.literal(1), allows=word.isin(CONSENT_WORDS))
    category = history.text_at(facts.context, "consent", "categoryPreferences", purpose)
    repeated = facts.filter((facts.type != "beleef") & category.isin(("true", "false")))
    on_page = repeated.select("person", "moment", "id", rank=ibis.literal(0), allows=category == "true")
    words = said.union(on_page)
    order = [words.moment.desc(), words.id.desc(), words["rank"].desc()]
    place = ibis.row_number().over(group_by=words.person, order_by=order)
    ranked = words.select("person", "allows", place=place)
    return ranked.filter(ranked.place == 0).select("person", "allows")


# Products


def products(history: History, product: str | None) -> ir.Table:
    """Return everybody who holds a product, or any for None: one column ``person``."""
    told = _told_of_products(history)
    every_line = _lines(history, told)
    lines = every_line if product is None else every_line.filter(every_line["product"] == product)
    kept = _kept(lines, _returned_orders(told, every_line))
    spoken = lines.filter(lines.action.isin((_START, _END)))
    order = [spoken.moment.desc(), spoken.id.desc()]
    place = ibis.row_number().over(group_by=[spoken.person, spoken["product"]], order_by=order)
    ranked = spoken.select("person", "product", runs=spoken.action == _START, place=place)
    status = ranked.filter(ranked.place == 0).drop("place")
    running = status.filter(status.runs).select("person")
    bought = kept.filter(kept.pieces > 0).anti_join(status, ["person", "product"]).select("person")
    return running.union(bought, distinct=True)


def _told_of_products(history: History) -> ir.Table:
    facts = history.facts
    action = facts.name.lower().cases(*PRODUCT_ACTIONS.items(), else_=-1)
    told = facts.filter((facts.type == "track") & (action >= 0))
    listed = history.text_at(told.properties, "products")
    return told.select(
        "person",
        "moment",
        "id",
        "properties",
        action=told.name.lower().cases(*PRODUCT_ACTIONS.items(), else_=-1),
        order=_label(history.text_at(told.properties, "order_id")).fill_null(""),
        has_list=listed.startswith("[").fill_null(False),
        items=listed.startswith("[").fill_null(False).ifelse(length_of(listed).cast("int32"), 0),
    )


def _lines(history: History, told: ir.Table) -> ir.Table:
    """Return what each fact says of each product: one row per line of a list, or one for the fact itself."""
    many = told.filter(told.has_list & (told["items"] > 0))
    many = many.mutate(place=ibis.range(0, many["items"].cast("int64")).unnest())
    many = many.mutate(line=history.text_at(many.properties, "products", many.place))
    single = told.filter(~told.has_list)
    single = single.mutate(line=single.properties)

    def read(rows: ir.Table) -> ir.Table:
        keys = [_label(history.text_at(rows.line, key)).nullif("") for key in PRODUCT_KEYS]
        quantity = history.text_at(rows.line, "quantity")
        pieces = as_number(quantity).fill_null(1.0).clip(lower=0, upper=_MOST_PIECES)
        # An order that was cancelled by its number goes as a whole.
        cancelled = (rows.action == _CANCEL) & (rows["order"] != "")
        found = rows.select(
            "person",
            "moment",
            "id",
            "action",
            "order",
            product=ibis.coalesce(*keys),
            pieces=cancelled.ifelse(0, (pieces * _MILLIONTHS).round().cast("int64")).cast("int64"),
        )
        return found.filter(found["product"].notnull())

    return read(many).union(read(single))


def _returned_orders(told: ir.Table, lines: ir.Table) -> ir.Table:
    """Return the orders that were cancelled, or sent back without naming products: ``its_person`` and ``its_order``."""
    numbered = told.filter(told["order"] != "")
    cancelled = numbered.filter(numbered.action == _CANCEL).select("person", "order")
    returned = numbered.filter(numbered.action == _RETURN).anti_join(lines, "id").select("person", "order")
    return cancelled.union(returned, distinct=True).select(its_person="person", its_order="order")


def _kept(lines: ir.Table, returned_orders: ir.Table) -> ir.Table:
    """Return how much was kept of what was bought: ``person``, ``product`` and ``pieces`` in millionths."""
    moved = lines.filter(lines.action.isin((_BUY, _RETURN, _CANCEL)))
    # An order may name a product on two lines; told twice, by browser and server, it counts once.
    per_fact = moved.group_by("person", "product", "order", "id", "action").aggregate(
        pieces=lambda one: one.pieces.sum()
    )
    bought, is_bought = per_fact.pieces, per_fact.action == _BUY
    per_order = per_fact.group_by("person", "product", "order").aggregate(
        most=bought.max(where=is_bought),
        all=bought.sum(where=is_bought),
        back=bought.sum(where=~is_bought),
    )
    same = (per_order.person == returned_orders.its_person) & (
        per_order["order"] == returned_orders.its_order
    )
    joined = per_order.left_join(returned_orders, same)
    most, every, back = (joined[name].fill_null(0) for name in ("most", "all", "back"))
    of_order = joined.its_order.notnull().ifelse(0, ibis.greatest(most - back, 0))
    rows = joined.select("person", "product", pieces=(joined["order"] == "").ifelse(every - back, of_order))
    return rows.group_by("person", "product").aggregate(pieces=lambda one: one.pieces.sum())
