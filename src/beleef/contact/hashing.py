"""The hash under which an address is left alone, so that it can be recognised after its person was erased, and not read."""

from beleef.kernel import ids


def address_hash(key: bytes, channel: str, address: str) -> int:
    """Return the keyed hash of an address on a channel; letters' case and spaces around do not matter."""
    return ids.subject_id(key, f"address:{channel}", address.strip().casefold())
