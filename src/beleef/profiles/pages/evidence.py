"""Why identifiers are one person, drawn as a tree: the evidence that holds, what was refused, and what staff took back."""

from collections.abc import Iterable

import msgspec

from beleef.identity import api as identity
from beleef.kernel import ids
from beleef.profiles.pages.parts import namespace_label, person_href
from beleef.ui.components import Column, EvidenceNode, Link, Row, Table, Text, Time
from beleef.ui.words import Words

_SHORT = 60


class Sides(msgspec.Struct, frozen=True, kw_only=True):
    """What taking a piece of evidence back would part: the identifiers on either side; ``b`` is empty where none part."""

    a: tuple[identity.PersonIdentifier, ...]
    b: tuple[identity.PersonIdentifier, ...]


def tree(
    person: identity.Person, explanation: identity.Explanation, words: Words, *, may_undo: bool
) -> EvidenceNode:
    """Return a person's evidence as a tree from the strongest identifier down.

    Args:
        person: The person.
        explanation: All evidence about them.
        words: The reader's language.
        may_undo: Whether the reader may take evidence back; if so each piece leads there.
    """
    decisive = [one for one in explanation.joined if one.is_decisive]
    by_subject = {one.subject: one for one in person.identifiers}
    joined = {one.subject: one for piece in decisive for one in (piece.a, piece.b)}
    root = by_subject.get(person.number) or joined.get(person.number) or person.identifiers[0]
    sides: dict[int, list[EvidenceNode]] = {}
    for refused in explanation.refused:
        _hang_refused(refused, by_subject, sides, words)
    for undone in explanation.undone:
        _hang_undone(undone, person, by_subject, sides, words, may_undo=may_undo)
    return _grow(root, None, person.number, decisive, sides, words, may_undo=may_undo)


def _grow(
    one: identity.PersonIdentifier,
    tie: identity.Joined | None,
    person: int,
    pieces: list[identity.Joined],
    sides: dict[int, list[EvidenceNode]],
    words: Words,
    *,
    may_undo: bool,
) -> EvidenceNode:
    """Return the node of an identifier with all that hangs below it; ``tie`` is what ties it to the node above."""
    rest = [piece for piece in pieces if piece is not tie]
    children = []
    for piece in rest:
        if one.subject in (piece.a.subject, piece.b.subject):
            other = piece.b if piece.a.subject == one.subject else piece.a
            children.append(_grow(other, piece, person, rest, sides, words, may_undo=may_undo))
    undo = None
    if tie is not None and may_undo:
        undo = Link(text=words.gettext("Undo"), href=decision_href(person, "undo", tie.a, tie.b))
    return EvidenceNode(
        namespace=namespace_label(one.namespace, words),
        value=_short(one.value),
        how=None if tie is None else kind_label(tie.kind, words),
        source=None if tie is None else tie.source,
        moment=one.first_at if tie is None else tie.first_at,
        undo=undo,
        children=(*children, *sides.pop(one.subject, [])),
    )


def _hang_refused(
    refused: identity.Refused,
    inside: dict[int, identity.PersonIdentifier],
    sides: dict[int, list[EvidenceNode]],
    words: Words,
) -> None:
    here, there = refused.a, refused.b
    if here.subject not in inside and there is not None and there.subject in inside:
        here, there = there, here
    if here.subject not in inside:
        return
    other = there or here
    node = EvidenceNode(
        namespace=namespace_label(other.namespace, words),
        value=_short(other.value),
        state="refused",
        how=refusal_text(refused, words),
    )
    sides.setdefault(here.subject, []).append(node)


def _hang_undone(
    undone: identity.Undone,
    person: identity.Person,
    inside: dict[int, identity.PersonIdentifier],
    sides: dict[int, list[EvidenceNode]],
    words: Words,
    *,
    may_undo: bool,
) -> None:
    here, there = (undone.a, undone.b) if undone.a.subject in inside else (undone.b, undone.a)
    if here.subject not in inside:
        return
    restore = None
    if may_undo:
        href = decision_href(person.number, "restore", undone.a, undone.b)
        restore = Link(text=words.gettext("Restore"), href=href)
    how = words.gettext("Taken back by %(name)s", name=undone.by or words.gettext("staff"))
    node = EvidenceNode(
        namespace=namespace_label(there.namespace, words),
        value=_short(there.value),
        state="undone",
        how=f"{how}: {undone.reason}" if undone.reason else how,
        moment=undone.at,
        undo=restore,
    )
    sides.setdefault(here.subject, []).append(node)


def further(person: int, explanation: identity.Explanation, words: Words, *, may_undo: bool) -> Table | None:
    """Return the evidence that says the same once more, as a table; None where there is none."""
    more = [one for one in explanation.joined if not one.is_decisive]
    if not more:
        return None

    def row(one: identity.Joined) -> Row:
        cells = (
            Text(text=_short(one.a.value), detail=namespace_label(one.a.namespace, words)),
            Text(text=_short(one.b.value), detail=namespace_label(one.b.namespace, words)),
            Text(text=kind_label(one.kind, words), detail=one.source),
            Time(moment=one.first_at),
        )
        undo = Link(text=words.gettext("Undo"), href=decision_href(person, "undo", one.a, one.b))
        return Row(cells=(*cells, undo) if may_undo else cells)

    names = (
        words.gettext("Identifier"),
        words.gettext("And"),
        words.gettext("Why"),
        words.gettext("First seen"),
    )
    columns = tuple(Column(label=name) for name in (*names, *([words.gettext("Decide")] if may_undo else [])))
    return Table(
        caption=words.gettext("Evidence that says the same once more"),
        columns=columns,
        rows=tuple(map(row, more[:50])),
    )


def sides(explanation: identity.Explanation, a: int, b: int) -> Sides:
    """Return what would part if the evidence between two identifiers were taken back."""
    known = {one.subject: one for piece in explanation.joined for one in (piece.a, piece.b)}
    group = {number: number for number in known}
    for piece in explanation.joined:
        if {piece.a.subject, piece.b.subject} != {a, b}:
            left, right = group[piece.a.subject], group[piece.b.subject]
            if left != right:
                group = {number: left if root == right else root for number, root in group.items()}
    if a not in group or b not in group or group[a] == group[b]:
        return Sides(a=tuple(known.values()), b=())
    return Sides(a=_of_group(known.values(), group, group[a]), b=_of_group(known.values(), group, group[b]))


def _of_group(
    all_: Iterable[identity.PersonIdentifier], group: dict[int, int], root: int
) -> tuple[identity.PersonIdentifier, ...]:
    return tuple(one for one in all_ if group[one.subject] == root)


def decision_href(
    person: int, decision: str, a: identity.PersonIdentifier, b: identity.PersonIdentifier
) -> str:
    """Return the address of the page that asks whether to undo or restore a piece of evidence."""
    return person_href(person, f"/identity/{decision}", a=ids.to_text(a.subject), b=ids.to_text(b.subject))


def named(one: identity.PersonIdentifier, words: Words) -> str:
    """Return an identifier with its namespace, in one line."""
    return f"{namespace_label(one.namespace, words)} {_short(one.value)}"


def kind_label(kind: str, words: Words) -> str:
    """Return a kind of evidence in the reader's words."""
    labels = {
        "staff": words.gettext("staff decided it"),
        "merge": words.gettext("a system merged them"),
        "alias": words.gettext("a system said they are the same"),
        "observed": words.gettext("both came in one fact"),
    }
    return labels.get(kind, kind)


def refusal_text(refused: identity.Refused, words: Words) -> str:
    """Return why evidence was left out, in one sentence."""
    name = namespace_label(refused.namespace, words) if refused.namespace != "*" else ""
    match refused.reason:
        case "limit":
            return words.gettext("Left out: together they would have too many of “%(name)s”", name=name)
        case "device":
            return words.gettext(
                "Left out: a device of two people who each have their own “%(name)s”", name=name
            )
        case "shared" if name:
            return words.gettext("Left out: shared by too many of “%(name)s”", name=name)
        case _:
            return words.gettext("Left out: too many people share this device")


def _short(value: str) -> str:
    return value if len(value) <= _SHORT else f"{value[:_SHORT]}…"
