"""Which identifiers are one person: the rules, without any storage.

`resolve` looks at the set of evidence only, never at its order, so that late facts, repeats and undoing need no history.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Literal

import msgspec

NEVER = (1 << 63) - 1
"""First sight of an identifier that no fact carried: an ``alias`` only named it."""

STAFF, MERGE, ALIAS, OBSERVED = range(4)
KINDS = ("staff", "merge", "alias", "observed")
"""Kinds of evidence, the strongest first: a person decided, the organisation's system said so (twice), or two
identifiers came in one fact. Evidence stores the place in this list."""

ALTOGETHER = "*"
"""In marks of shared identifiers: shared with respect to every namespace."""

EXPLICIT_LIMIT = 20
"""How many identifiers of one namespace explicit evidence may join: more is a loop in somebody's program."""

Reason = Literal["limit", "device", "shared"]


class Namespace(msgspec.Struct, frozen=True, kw_only=True):
    """A kind of identifier, and how far it is trusted.

    Attributes:
        name: Lower case, e.g. ``email``.
        priority: Lower is stronger; the name decides between equals.
        is_device: It names a device or browser, which several people may use.
        limit: How many identifiers of it one person may have.
        blocked: Values that are nobody's, besides the built-in ones; compared in lower case.
        traits: Names of the traits that carry it.
        enabled: Whether it may join identifiers; its evidence is recorded anyway, so that a dry run can tell.
    """

    name: str
    priority: int
    is_device: bool = False
    limit: int = 5
    blocked: tuple[str, ...] = ()
    traits: tuple[str, ...] = ()
    enabled: bool = True


BUILT_IN = (
    Namespace(name="user_id", priority=10, limit=1),
    Namespace(name="customer_number", priority=20, limit=1, traits=("customer_number", "customerNumber")),
    Namespace(name="email", priority=30, traits=("email",)),
    Namespace(name="phone", priority=40, traits=("phone",)),
    Namespace(name="anonymous_id", priority=90, is_device=True, limit=500),
)
OWN_PRIORITY = 50
"""All namespaces that facts bring along stand here, so that it does not matter which came first."""


class Standing(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What the rules say about one identifier: its namespace's, unless it was never seen or is blocked."""

    name: str
    rank: int
    limit: int
    is_device: bool
    enabled: bool


_UNSEEN = Standing(name="?", rank=1 << 20, limit=500, is_device=True, enabled=True)
_BLOCKED = Standing(name="!", rank=1 << 21, limit=1 << 40, is_device=True, enabled=False)


class Rules:
    """All namespaces, in order of strength."""

    def __init__(self, namespaces: Iterable[Namespace]) -> None:
        self.ordered = tuple(sorted(namespaces, key=lambda namespace: (namespace.priority, namespace.name)))
        self.by_name = {namespace.name: namespace for namespace in self.ordered}
        self.enabled = frozenset(namespace.name for namespace in self.ordered if namespace.enabled)
        self._standings = {
            namespace.name: Standing(
                name=namespace.name,
                rank=rank,
                limit=namespace.limit,
                is_device=namespace.is_device,
                enabled=namespace.enabled,
            )
            for rank, namespace in enumerate(self.ordered)
        }

    def standing(self, namespace: str, first_at: int, *, is_blocked: bool = False) -> Standing:
        """Return how an identifier stands.

        One that an alias only named (``first_at`` is ``NEVER``) may be a user's or a device's: it is treated like a
        device until a fact carries it, so that two people's aliases of one browser do not glue them together.
        """
        if is_blocked:
            return _BLOCKED
        return _UNSEEN if first_at == NEVER else self._standings.get(namespace, _BLOCKED)

    def standings(self) -> tuple[Standing, ...]:
        """Return every standing an identifier can have, that of blocked ones last."""
        return (*self._standings.values(), _UNSEEN, _BLOCKED)


class Identifier(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One identifier as `resolve` sees it: its number, its namespace and its first sight in microseconds."""

    id: int
    namespace: str
    first_at: int
    is_blocked: bool = False


class Evidence(msgspec.Struct, frozen=True, gc=False):
    """Two identifiers that seem to be one person's.

    Attributes:
        a: The lower number of the two.
        b: The higher number.
        kind: Place in ``KINDS``; where several kinds were seen the strongest.
        first_at: The earliest moment, in microseconds.
        fact: Number of the fact of that moment.
        source: Name of that fact's source.
        undone: Staff took it back: it is kept, and does not count.
        a_shared: Storage's note that ``a`` is shared with respect to the namespace of ``b``.
        b_shared: The same the other way round.
    """

    a: int
    b: int
    kind: int
    first_at: int
    fact: int
    source: str
    undone: bool = False
    a_shared: int = 0
    b_shared: int = 0

    def combined(self, other: "Evidence") -> "Evidence":
        """Return both sights of the same pair as one; in which order they are given does not matter."""
        first = min(self, other, key=lambda evidence: (evidence.first_at, evidence.fact, evidence.source))
        return Evidence(
            self.a, self.b, min(self.kind, other.kind), first.first_at, first.fact, first.source,
            self.undone or other.undone, self.a_shared, self.b_shared,
        )  # fmt: skip


class Refusal(msgspec.Struct, frozen=True, kw_only=True, order=True):
    """Evidence that was left out.

    Attributes:
        a: The identifier; for ``shared`` the one that too many share.
        b: The other identifier; 0 for ``shared``, which concerns all its partners of ``namespace``.
        reason: ``limit``: together they would have too many of ``namespace``; ``device``: a device connects two people
            who each have their own ``namespace``; ``shared``: linked to more than one person can have.
        namespace: The namespace that is in the way; ``*`` for a device that is shared altogether.
        a_conflict: The identifier of ``namespace`` on the side of ``a``; 0 where none.
        b_conflict: The same on the side of ``b``.
    """

    a: int
    b: int
    reason: Reason
    namespace: str
    a_conflict: int = 0
    b_conflict: int = 0


class Resolution(msgspec.Struct, frozen=True, kw_only=True):
    """Who is who.

    Attributes:
        persons: For each identifier's number the number of its person: that of the person's strongest identifier.
        refusals: What was left out, sorted.
    """

    persons: dict[int, int]
    refusals: tuple[Refusal, ...]


class Node(msgspec.Struct, frozen=True, gc=False):
    """An identifier with its standing, ready to be settled."""

    id: int
    standing: Standing
    first_at: int


def resolve(identifiers: Iterable[Identifier], evidence: Iterable[Evidence], rules: Rules) -> Resolution:
    """Decide which identifiers are one person.

    Args:
        identifiers: All identifiers; the earliest sight of each counts.
        evidence: Any number of sights of each pair, in any order; pairs with unknown ends are ignored.
        rules: The namespaces.

    Returns:
        Persons and refusals: the same for every order and repetition of the same evidence.
    """
    earliest: dict[int, Identifier] = {}
    for identifier in identifiers:
        known = earliest.get(identifier.id)
        if known is None or identifier.first_at < known.first_at:
            earliest[identifier.id] = identifier
    nodes = {
        i.id: Node(i.id, rules.standing(i.namespace, i.first_at, is_blocked=i.is_blocked), i.first_at)
        for i in earliest.values()
    }
    links: dict[tuple[int, int], Evidence] = {}
    for one in evidence:
        if one.a in nodes and one.b in nodes:
            known_link = links.get((one.a, one.b))
            links[one.a, one.b] = one if known_link is None else known_link.combined(one)
    counted = [link for link in links.values() if not link.undone]
    marks = _all_marks(nodes, counted)
    usable = [
        link for link in counted if is_usable(link, nodes[link.a].standing, nodes[link.b].standing, marks)
    ]
    persons, refusals = settle(nodes, usable)
    refusals += [
        Refusal(a=identifier, b=0, reason="shared", namespace=name)
        for identifier, names in marks.items()
        for name in names
    ]
    return Resolution(persons=persons, refusals=tuple(sorted(refusals)))


def _all_marks(nodes: Mapping[int, Node], links: Iterable[Evidence]) -> dict[int, frozenset[str]]:
    partners: dict[int, list[tuple[Standing, bool]]] = {}
    for link in links:
        a, b = nodes[link.a].standing, nodes[link.b].standing
        explicit = is_explicit(link.kind, a, b)
        partners.setdefault(link.a, []).append((b, explicit))
        partners.setdefault(link.b, []).append((a, explicit))
    marks = {
        identifier: marks_of(nodes[identifier].standing, linked) for identifier, linked in partners.items()
    }
    return {identifier: names for identifier, names in marks.items() if names}


def is_explicit(kind: int, a: Standing, b: Standing) -> bool:
    """Return whether evidence states that two identifiers are one person, rather than suggests it.

    An alias of a device states no more than seeing both in one fact: on a public computer everybody who signs up
    makes one.
    """
    return kind == STAFF or (kind < OBSERVED and not a.is_device and not b.is_device)


def marks_of(own: Standing, partners: Iterable[tuple[Standing, bool]]) -> frozenset[str]:
    """Return with respect to which namespaces an identifier is shared.

    Args:
        own: How the identifier stands.
        partners: Standing of each distinct identifier it is linked to, and whether explicitly. All of those of any
            namespace that is not known to be shared already.
    """
    if own is _BLOCKED:
        return frozenset()
    counts: dict[tuple[Standing, bool], int] = {}
    for partner in partners:
        counts[partner] = counts.get(partner, 0) + 1
    names = set()
    for (standing, explicit), count in counts.items():
        above = max(3, 2 * standing.limit)
        if explicit:
            above = max(EXPLICIT_LIMIT, above)
        if count > above:
            names.add(standing.name)
        if own.is_device and standing.enabled and not standing.is_device and not explicit and count > 3:
            return frozenset((ALTOGETHER,))
    return frozenset(names)


def is_shared(marks: frozenset[str] | None, namespace: str) -> bool:
    """Return whether marks say that their identifier is shared with respect to a namespace."""
    return marks is not None and (namespace in marks or ALTOGETHER in marks)


def is_usable(link: Evidence, a: Standing, b: Standing, marks: Mapping[int, frozenset[str]]) -> bool:
    """Return whether evidence counts at all: not undone, both namespaces enabled, neither end shared."""
    return (
        not link.undone
        and a.enabled
        and b.enabled
        and not is_shared(marks.get(link.a), b.name)
        and not is_shared(marks.get(link.b), a.name)
    )


def settle(nodes: Mapping[int, Node], links: Iterable[Evidence]) -> tuple[dict[int, int], list[Refusal]]:
    """Join identifiers by usable evidence, the strongest first, and leave out what would break a limit.

    Kruskal's algorithm: in one fixed order each piece of evidence joins two clusters or is refused. A refused pair
    stays refused, because clusters only grow. So the pieces left out are the weakest.

    Returns:
        For each node the number of its person; and what was left out.
    """
    ordered = sorted(links, key=lambda link: strength(link, nodes[link.a].standing, nodes[link.b].standing))
    clusters = _Clusters(nodes)
    refused: list[Refusal] = []
    in_groups = True
    for link in ordered:
        a, b = nodes[link.a].standing, nodes[link.b].standing
        explicit = is_explicit(link.kind, a, b)
        if in_groups and not explicit:
            clusters.count_each_group_once()
            in_groups = False
        refusal = clusters.join(link, explicit=explicit, by_device=a.is_device or b.is_device)
        if refusal is not None:
            refused.append(refusal)
    persons = clusters.persons()
    return persons, [refusal for refusal in refused if persons[refusal.a] != persons[refusal.b]]


def strength(link: Evidence, a: Standing, b: Standing) -> tuple[int, int, int, int, int, int, int]:
    """Return the place of evidence in the order of strength, given the standings of its ends; lower is stronger."""
    explicit = is_explicit(link.kind, a, b)
    stage = 0 if explicit else 2 if a.is_device or b.is_device else 1
    weaker, stronger = max(a.rank, b.rank), min(a.rank, b.rank)
    return stage, link.kind if explicit else 0, stronger, weaker, link.first_at, link.a, link.b


def strongest(members: Iterable[Node]) -> int:
    """Return the number of the strongest identifier: by namespace, then the first seen; newcomers seldom change it."""
    return min((node.standing.rank, node.first_at, node.id) for node in members)[2]


class _Clusters:
    def __init__(self, nodes: Mapping[int, Node]) -> None:
        self._nodes = nodes
        self._members = {identifier: [identifier] for identifier in nodes}
        self._counts = {identifier: {node.standing: 1} for identifier, node in nodes.items()}
        self._root = {identifier: identifier for identifier in nodes}

    def count_each_group_once(self) -> None:
        """From here on identifiers that explicit evidence joined count as one, so that an alias can rename a user."""
        for counts in self._counts.values():
            for standing in counts:
                counts[standing] = 1

    def join(self, link: Evidence, *, explicit: bool, by_device: bool) -> Refusal | None:
        left, right = self._root[link.a], self._root[link.b]
        if left == right:
            return None
        obstacle = self._obstacle(left, right, explicit=explicit, by_device=by_device)
        if obstacle is not None:
            reason, standing = obstacle
            return Refusal(
                a=link.a, b=link.b, reason=reason, namespace=standing.name,
                a_conflict=self._first(left, standing), b_conflict=self._first(right, standing),
            )  # fmt: skip
        if len(self._members[left]) < len(self._members[right]):
            left, right = right, left
        for identifier in self._members[right]:
            self._root[identifier] = left
        self._members[left] += self._members.pop(right)
        counts = self._counts[left]
        for standing, count in self._counts.pop(right).items():
            counts[standing] = counts.get(standing, 0) + count
        return None

    def _obstacle(
        self, left: int, right: int, *, explicit: bool, by_device: bool
    ) -> tuple[Literal["limit", "device"], Standing] | None:
        here, there = self._counts[left], self._counts[right]
        both = sorted(
            (standing for standing in here if standing in there), key=lambda standing: standing.rank
        )
        if by_device and not explicit:
            for standing in both:
                if not standing.is_device:
                    return "device", standing
        for standing in both:
            limit = max(EXPLICIT_LIMIT, standing.limit) if explicit else standing.limit
            if here[standing] + there[standing] > limit:
                return "limit", standing
        return None

    def _first(self, root: int, standing: Standing) -> int:
        nodes = (self._nodes[identifier] for identifier in self._members[root])
        return min(((node.first_at, node.id) for node in nodes if node.standing == standing), default=(0, 0))[
            1
        ]

    def persons(self) -> dict[int, int]:
        return dict(self._numbered())

    def _numbered(self) -> Iterator[tuple[int, int]]:
        for members in self._members.values():
            number = strongest(self._nodes[identifier] for identifier in members)
            for identifier in members:
                yield identifier, number
