"""One sitting at a browser or phone: collects what an SDK on that device says, under the identity it knows, and posts it."""

from beleef.demo.people import APP, LAPTOP, OFF_CLOCK, People
from beleef.demo.stage import Stage
from beleef.demo.writing import APP_LIBRARIES, WEB_LIBRARY
from beleef.kernel.clock import HOUR, MINUTE, SECOND

_PER_REQUEST = 10
_A_MOMENT = 7_000
_CARTS_FROM = 1_500_000_000


class Session:
    """A sitting.

    Args:
        stage: Where it plays.
        source: The source whose SDK it is: ``webshop``, ``app`` or ``portal``.
        at: When it begins.
        person: Who sits there.
        device: ``LAPTOP``, ``PHONE`` or ``APP``.
        anonymous_id: The device's identifier.
        campaign: ``,"campaign":{…}`` of what invited the person, or nothing.

    Attributes:
        at: The present moment in the sitting.
        user: The JSON value of ``userId``: text in quotes, or ``null``.
    """

    __slots__ = (
        "_context", "_from", "_messages", "_prefix", "_skew", "_source", "_stamped", "anonymous_id", "at", "began_at",
        "device", "person", "stage", "user",
    )  # fmt: skip

    def __init__(
        self,
        stage: Stage,
        source: str,
        at: int,
        person: int,
        *,
        device: int,
        anonymous_id: str,
        campaign: str = "",
    ) -> None:
        self.stage, self.person, self.device = stage, person, device
        self.at = self.began_at = at
        self.anonymous_id = anonymous_id
        self.user = "null"
        self._source = source
        self._messages: list[str] = []
        self._from: list[int] = []
        self._skew = _skew(stage.people, person) if device != LAPTOP else 0
        if device == APP:
            self._context = APP_LIBRARIES[person % 3 == 0]
            self._prefix, self._stamped = "", '"originalTimestamp"'
        else:
            self._context = WEB_LIBRARY
            self._prefix, self._stamped = "ajs-next-", '"timestamp"'
        self._context += f'{campaign},"sessionId":{at // 1000}'

    @property
    def cart(self) -> str:
        """The number of the cart that is filled in this sitting."""
        return f"c{self.began_at // 1_000_000 - _CARTS_FROM}{self.person % 100:02d}"

    def say(self, head: str, page: str = "") -> None:
        """Say something at the present moment.

        Args:
            head: Type, name and properties, or type and traits.
            page: ``"page":{…}`` of the page where it is said; nothing in the app.
        """
        stage, moment = self.stage, self.at + self._skew
        self._from.append(self.at)
        self.at += _A_MOMENT
        if stage.muted:
            self._messages.append("")
            return
        number = f"{self._prefix}{moment // 1000}-{stage.uuid()}" if self._prefix else stage.uuid()
        context = f"{page},{self._context}" if page else self._context
        self._messages.append(
            f'{{{head},"context":{{{context}}},"integrations":{{}},{self._stamped}:"{stage.stamp(moment)}",'
            f'"messageId":"{number}","anonymousId":"{self.anonymous_id}","userId":{self.user}}}'
        )

    def think(self, seconds: float) -> None:
        """Let time pass: half as long as ``seconds`` on average, seldom much longer."""
        chance = self.stage.random()
        self.at += int((0.4 + seconds * 1.5 * chance * chance) * SECOND)

    def belongs_to(self, company: int) -> None:
        """Say from now on that it is done for a company."""
        self._context += f',"groupId":"org-{company:05d}"'

    def close(self) -> None:
        """Post everything; the app sometimes only hours or days later, when the phone has reach again."""
        random, messages, source = self.stage.random, self._messages, self._source
        if self.device == APP and random() < 0.04:
            late = int((0.2 + 60 * random() ** 4) * HOUR)
            self.stage.post(source, self.at + late, self._skew, messages)
            return
        start = 0
        while start < len(messages):
            stop = min(len(messages), start + 2 + int(random() * _PER_REQUEST))
            latency = int((0.15 + 2 * random() ** 6) * SECOND)
            self.stage.post(source, self._from[stop - 1] + latency, self._skew, messages[start:stop])
            start = stop


def _skew(people: People, person: int) -> int:
    if not people.quirks_of[person] & OFF_CLOCK:
        return 0
    return (person % 41 - 20) * MINUTE + 17 * SECOND
