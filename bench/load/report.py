"""How a server answered a load."""

import msgspec


class Load(msgspec.Struct, frozen=True, kw_only=True):
    """How a server answered a load.

    Attributes:
        requests_per_s: Answers per second.
        p50_ms: Half of the answers took at most so many milliseconds.
        p99_ms: 99 of 100 answers took at most so many milliseconds.
        requests: How many answers there were.
        failed: How many of them were no 200, or never came.
        made_by: What made the load.
    """

    requests_per_s: float
    p50_ms: float
    p99_ms: float
    requests: int
    failed: int
    made_by: str

    def checked(self) -> "Load":
        """Return it, when every request was answered with 200: a server that refuses is fast, and not measured.

        Raises:
            RuntimeError: one was not.
        """
        if self.failed or not self.requests:
            raise RuntimeError(
                f"{self.failed:,} of {self.requests:,} requests failed; their speed says nothing."
            )
        return self
