"""Moments: the latest times at which facts that fit a selector happened, kept for the rules of audiences.

They are kept, merged, filled and forgotten like computed traits, and shown nowhere.
"""

import hashlib
from bisect import insort

import msgspec

from beleef.facts.fact import Fact
from beleef.profiles.computed import Buckets, Keepings, selects
from beleef.profiles.model import Definition, StoredDefinition
from beleef.profiles.paths import check

PREFIX = "~"
"""Begins the names of what is kept for rules; no computed trait that people make can be called so."""


def named(definition: Definition) -> Definition:
    """Return a definition of ``moments`` under the name that follows from what it keeps, so that equal ones are shared."""
    plain = msgspec.structs.replace(definition, name="", label="")
    digest = hashlib.blake2b(msgspec.json.encode(plain), digest_size=12).hexdigest()
    return msgspec.structs.replace(plain, name=f"{PREFIX}{digest}")


class Moments:
    """A definition of the kind ``moments``, ready to run. A subject has one bucket: the latest moments, in order.

    Args:
        stored: The definition and its version.
    """

    counts_values = False

    def __init__(self, stored: StoredDefinition) -> None:
        self.definition = stored.definition
        self.version = stored.version
        self.filled = stored.filled
        self.keep = stored.definition.keep
        self._counts = check(stored.definition)

    def selects(self, type_: str, name: str | None) -> bool:
        """Whether facts of this type and name may count."""
        return selects(self.definition, type_, name)

    def fold(self, keepings: Keepings, fact: Fact, _day: int) -> bool:
        """Take a fact into the keepings; return whether it counts."""
        if self._counts is not None and not self._counts(fact):
            return False
        moment, buckets = fact.occurred_at, keepings[self.version]
        bucket = buckets.get(0)
        if bucket is None:
            buckets[0] = [moment]
            return True
        if moment >= bucket[-1]:
            bucket.append(moment)
        else:
            insort(bucket, moment)
        if len(bucket) > self.keep:
            del bucket[0]
        return True

    def absorb(self, buckets: Buckets, others: Buckets) -> None:
        """Take the moments of other facts into ``buckets``: the latest of both."""
        if others:
            buckets[0] = sorted([*buckets.get(0, ()), *others[0]])[-self.keep :]

    def trim(self, buckets: Buckets) -> None:
        """Nothing to trim: never more than ``keep`` moments are kept."""
