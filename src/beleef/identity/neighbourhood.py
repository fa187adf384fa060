"""The part of the evidence that a batch touches: read, changed, decided again and written back as a set.

It gives what `model.resolve` would give on everything, and reads no more than the components concerned. The evidence
of shared identifiers is not followed, so a public computer costs the same with four users as with a million.
"""

from collections.abc import Iterable

import msgspec
import sqlalchemy as sa

from beleef.identity import queries, writing
from beleef.identity.grouping import groups, plain_person
from beleef.identity.model import (
    ALTOGETHER,
    NEVER,
    OBSERVED,
    Evidence,
    Node,
    Refusal,
    Rules,
    Standing,
    is_explicit,
    is_shared,
    marks_of,
    settle,
)
from beleef.identity.queries import Stored, Verdict
from beleef.identity.sightings import Moves, Pair, Sighting, Sightings


class Neighbourhood:
    """The components around some identifiers.

    Args:
        connection: Inside the transaction that everything belongs to.
        rules: The namespaces, as they were when the stored outcome was decided.
        stored: Rows of identifiers that were read already.
    """

    def __init__(self, connection: sa.Connection, rules: Rules, stored: dict[int, Stored]) -> None:
        self._connection = connection
        self._rules = rules
        self._stored = dict(stored)
        self._rows = dict(stored)
        self._nodes: dict[int, Node] = {}
        self._inside: set[int] = set()
        self._loaded: dict[Pair, Evidence] = {}
        self._links: dict[Pair, Evidence] = {}
        self._marks: dict[int, frozenset[str]] = {}
        self._stored_marks: dict[int, frozenset[str]] = {}
        self._marks_read: set[int] = set()
        self._touched: set[int] = set()
        self._changed_ends: set[int] = set()
        self._suspects: set[int] = set()
        self._became_seen: set[int] = set()
        self._dropped: set[int] = set()

    def take_in(self, sightings: Sightings) -> Moves:
        """Take what a batch showed, decide again what it touches, and write the outcome."""
        self._note_identifiers(sightings.identifiers)
        known = {
            end
            for pair in sightings.pairs
            if pair[0] in self._stored and pair[1] in self._stored
            for end in pair
        }
        known |= {
            end for pair in sightings.verdicts for end in pair if end in self._stored
        } | self._became_seen
        self._read_marks(known | {end for pair in sightings.pairs for end in pair if end in self._stored})
        self._read_links(known)
        self._note_pairs(sightings.pairs, self._note_verdicts(sightings.verdicts))
        return self._decide()

    def drop(self, identifiers: Iterable[int]) -> Moves:
        """Take identifiers and their evidence away, as if no fact had carried them."""
        self._dropped = set(identifiers)
        self._touched |= self._dropped
        self._read_links(self._dropped, whole=True)
        for pair in list(self._links):
            del self._links[pair]
            self._suspects |= set(pair) - self._dropped
        self._read_rows(self._suspects)
        self._touched |= self._suspects
        return self._decide()

    # What the batch shows

    def _note_identifiers(self, sightings: dict[int, Sighting]) -> None:
        for number, seen in sightings.items():
            row = self._stored.get(number)
            if row is None:
                self._rows[number] = Stored(
                    number, seen.namespace, seen.value, number, None, seen.first_at, seen.source, 0
                )  # fmt: skip
                self._inside.add(number)
            elif seen.first_at < row.first_at:
                self._rows[number] = msgspec.structs.replace(row, first_at=seen.first_at, source=seen.source)
                self._touched.add(number)
                if row.first_at == NEVER:
                    self._became_seen.add(number)

    def _note_verdicts(self, verdicts: dict[Pair, Verdict]) -> dict[Pair, Verdict]:
        if not verdicts:
            return {}
        self._read_links({end for pair in verdicts for end in pair if self._marks.get(end)}, whole=True)
        stored = queries.verdicts(self._connection, {pair[0] for pair in verdicts})
        latest = {
            pair: verdict
            for pair, verdict in verdicts.items()
            if pair not in stored or stored[pair].fact < verdict.fact
        }  # fmt: skip
        queries.save_verdicts(self._connection, latest.values())
        for pair, verdict in latest.items():
            link = self._links.get(pair)
            if link is not None and link.undone != verdict.undone:
                self._links[pair] = msgspec.structs.replace(link, undone=verdict.undone)
                self._change_ends(pair)
                self._suspects |= set(pair)
        return latest

    def _note_pairs(self, pairs: dict[Pair, Evidence], latest: dict[Pair, Verdict]) -> None:
        fresh = {pair[0] for pair in pairs if pair not in self._links}
        verdicts = {**queries.verdicts(self._connection, fresh), **latest}
        for pair, seen in pairs.items():
            known = self._links.get(pair)
            if known is None:
                verdict = verdicts.get(pair)
                link = (
                    seen
                    if verdict is None or not verdict.undone
                    else msgspec.structs.replace(seen, undone=True)
                )
                if seen.kind < OBSERVED and self._marks.get(pair[0]) and self._marks.get(pair[1]):
                    # Evidence between two shared identifiers is not read: it may be there, as a weaker kind.
                    self._suspects |= set(pair)
            else:
                link = known.combined(seen)
                if link == known:
                    continue
                if link.kind != known.kind:
                    self._suspects |= set(pair)
            self._links[pair] = link
            self._change_ends(pair)

    def _change_ends(self, pair: Pair) -> None:
        self._changed_ends.update(pair)
        self._touched.update(end for end in pair if end in self._stored)

    # Reading

    def _read_marks(self, identifiers: Iterable[int]) -> None:
        unread = {identifier for identifier in identifiers if identifier in self._stored} - self._marks_read
        self._marks_read |= unread
        found = queries.marks(self._connection, unread)
        self._marks.update(found)
        self._stored_marks.update(found)

    def _read_links(self, identifiers: Iterable[int], *, whole: bool = False) -> None:
        for pair, link in queries.links(self._connection, list(identifiers), whole=whole).items():
            if pair not in self._loaded:
                self._loaded[pair] = link
                self._links.setdefault(pair, link)

    def _read_rows(self, identifiers: Iterable[int]) -> None:
        found = queries.identifiers(
            self._connection, [number for number in identifiers if number not in self._rows]
        )
        self._stored.update(found)
        self._rows.update(found)

    def _read_components(self) -> None:
        rows = [self._stored[number] for number in self._touched if number in self._stored]
        persons = {row.person for row in rows if row.component is None}
        components = {row.component for row in rows if row.component is not None}
        self._read_rows(persons)
        self._inside |= persons
        for row in queries.members(self._connection, persons, components):
            self._stored.setdefault(row.id, row)
            self._rows.setdefault(row.id, row)
            self._inside.add(row.id)
        self._inside -= self._dropped
        self._read_links([number for number in self._inside if number in self._stored])
        self._read_rows({end for pair in self._links for end in pair if end not in self._rows})

    def _standing(self, number: int) -> Standing:
        node = self._nodes.get(number)
        if node is None:
            row = self._rows[number]
            standing = self._rules.standing(row.namespace, row.first_at, is_blocked=row.is_blocked == 1)
            node = self._nodes[number] = Node(number, standing, row.first_at)
        return node.standing

    # Deciding

    def _decide(self) -> Moves:
        self._reopen_shared()
        if self._touched:
            self._read_components()
        self._mark_shared()
        persons, components, refusals = self._settle()
        moves = self._moves(persons)
        self._write(persons, components, refusals)
        return moves

    def _reopen_shared(self) -> None:
        """Count anew the partners of shared identifiers that may not be shared any more."""
        if self._became_seen:
            self._read_links({number for number in self._became_seen if self._marks.get(number)}, whole=True)
            partners = self._became_seen | {
                end for pair in self._links for end in pair if not self._became_seen.isdisjoint(pair)
            }
            self._read_rows(partners)
            self._suspects |= partners
            self._touched |= partners
        self._read_marks(self._suspects)
        marked = {number for number in self._suspects if self._marks.get(number)} - self._dropped
        if not marked:
            return
        self._read_links(marked, whole=True)
        self._read_rows({end for pair in self._links for end in pair if end not in self._rows})
        partners_of = self._partners(marked)
        for number in marked:
            now = self._count(number, partners_of.get(number, ()))
            if now != self._marks[number]:
                self._marks[number] = now
                self._touched |= {number, *partners_of.get(number, ())} & self._stored.keys()
        self._reflag(marked | self._became_seen)

    def _mark_shared(self) -> None:
        """Find the ends of new evidence that have too many partners now, and set their evidence apart."""
        counts: dict[int, int] = {}
        for pair in self._links:
            for end in pair:
                counts[end] = counts.get(end, 0) + 1
        crowded = {end for end in self._changed_ends | self._became_seen if counts.get(end, 0) > 3}
        crowded |= {end for end in self._suspects if counts.get(end, 0) > 3 and end in self._marks_read}
        if crowded:
            partners_of = self._partners(crowded)
            for number in crowded:
                before = self._marks.get(number, frozenset())
                now = self._count(number, partners_of[number])
                if ALTOGETHER not in before:
                    self._marks[number] = now if ALTOGETHER in now else before | now
        self._reflag(
            {number for number in self._changed_ends | self._suspects | crowded if self._marks.get(number)}
        )

    def _partners(self, numbers: set[int]) -> dict[int, dict[int, Evidence]]:
        partners: dict[int, dict[int, Evidence]] = {number: {} for number in numbers}
        for (a, b), link in self._links.items():
            if a in partners:
                partners[a][b] = link
            if b in partners:
                partners[b][a] = link
        return partners

    def _count(self, number: int, partners: dict[int, Evidence] | tuple[()]) -> frozenset[str]:
        own = self._standing(number)
        linked = []
        for partner, link in dict(partners).items():
            if not link.undone:
                standing = self._standing(partner)
                linked.append((standing, is_explicit(link.kind, own, standing)))
        return marks_of(own, linked)

    def _reflag(self, numbers: set[int]) -> None:
        if not numbers:
            return
        for pair, link in self._links.items():
            a, b = pair
            if a in numbers or b in numbers:
                # Of an end whose marks were not read nothing changed, and the stored note holds.
                a_shared, b_shared = link.a_shared, link.b_shared
                if a in self._marks_read or a not in self._stored:
                    a_shared = int(is_shared(self._marks.get(a), self._standing(b).name))
                if b in self._marks_read or b not in self._stored:
                    b_shared = int(is_shared(self._marks.get(b), self._standing(a).name))
                if (a_shared, b_shared) != (link.a_shared, link.b_shared):
                    self._links[pair] = msgspec.structs.replace(link, a_shared=a_shared, b_shared=b_shared)

    def _settle(self) -> tuple[dict[int, int], dict[int, int], list[Refusal]]:
        persons = {number: number for number in self._inside}
        components: dict[int, int] = {}
        refusals: list[Refusal] = []
        for members, links in groups(self._usable()):
            nodes = [self._nodes[number] for number in members]
            person = plain_person(nodes)
            if person is not None:
                for number in members:
                    persons[number] = person
                continue
            decided, refused = settle({node.id: node for node in nodes}, links)
            persons.update(decided)
            if refused:
                refusals += refused
                components.update(dict.fromkeys(members, min(members)))
        return persons, components, refusals

    def _usable(self) -> Iterable[tuple[Pair, Evidence]]:
        inside, standing = self._inside, self._standing
        for pair, link in self._links.items():
            if link.undone or link.a_shared or link.b_shared:
                continue
            a, b = pair
            if a in inside and b in inside and standing(a).enabled and standing(b).enabled:
                yield pair, link

    # Writing

    def _moves(self, persons: dict[int, int]) -> Moves:
        stored, rows, enabled = self._stored, self._rows, self._rules.enabled
        both = set()
        moved, moved_from = {}, {}
        count = 0
        for number, person in persons.items():
            row = stored.get(number)
            before = number if row is None else row.person
            if row is not None:
                both.add((before, person))
                count -= (
                    number == before
                    and row.first_at != NEVER
                    and row.namespace in enabled
                    and not row.is_blocked
                )
            if person != before:
                moved[number] = person
                if row is not None:
                    moved_from[number] = before
            if number == person:
                now = rows[number]
                count += now.first_at != NEVER and now.namespace in enabled and not now.is_blocked
        for row in (stored[number] for number in self._dropped):
            count -= (
                row.id == row.person
                and row.first_at != NEVER
                and row.namespace in enabled
                and not row.is_blocked
            )
        return Moves(
            persons=count,
            merged=len(both) - len({now for _, now in both}),
            split=len(both) - len({then for then, _ in both}),
            moved=moved,
            moved_from=moved_from,
        )

    def _write(self, persons: dict[int, int], components: dict[int, int], refusals: list[Refusal]) -> None:
        fresh, changed = [], []
        for number, person in persons.items():
            row, component = self._rows[number], components.get(number)
            if row.person != person or row.component != component:
                row = Stored(
                    number, row.namespace, row.value, person, component, row.first_at, row.source, row.is_blocked
                )  # fmt: skip
            if number not in self._stored:
                fresh.append(row)
            elif row != self._stored[number]:
                changed.append(row)
        writing.add_identifiers(self._connection, fresh)
        writing.change_identifiers(self._connection, changed)
        writing.add_evidence(
            self._connection, (link for pair, link in self._links.items() if pair not in self._loaded)
        )  # fmt: skip
        writing.change_evidence(
            self._connection,
            ((self._loaded[pair].a_shared, link) for pair, link in self._links.items()
             if pair in self._loaded and link is not self._loaded[pair] and link != self._loaded[pair]),
        )  # fmt: skip
        self._write_refusals(refusals)

    def _write_refusals(self, refusals: list[Refusal]) -> None:
        unsettled = [row.id for row in self._stored.values() if row.component is not None]
        before = queries.refusals_between(self._connection, unsettled)
        inside = self._inside | self._dropped
        before = {one for one in before if one.a in inside}
        for number, then in self._stored_marks.items():
            before |= {Refusal(a=number, b=0, reason="shared", namespace=name) for name in then}
        after = set(refusals)
        for number, now in self._marks.items():
            after |= {Refusal(a=number, b=0, reason="shared", namespace=name) for name in now}
        writing.change_refusals(self._connection, before - after, after - before)
