"""What the shop itself knows of people while the demo plays: who has an account, and which devices know their user."""

from beleef.demo.people import HOUSEHOLD, LAPTOP, MOVED, People
from beleef.demo.writing import external_id


class Knowledge:
    """What the shop's code on devices remembers: who has logged in where, and who has signed up.

    Args:
        people: Everyone. Who wanted an account before the history has one, but for the few
            who still are in the old web shop; no device knows anybody yet.
    """

    def __init__(self, people: People) -> None:
        self._people = people
        self._signed_up = bytearray(((people.account < 0) & (people.quirks & MOVED == 0)).tobytes())
        self._periods = bytearray(people.count * 3)

    def has_account(self, person: int) -> bool:
        """Return whether a person has signed up."""
        return bool(self._signed_up[person])

    def wants_account(self, person: int, day: int) -> bool:
        """Return whether a person has no account yet and would make one at the next opportunity."""
        return not self._signed_up[person] and self._people.account_of[person] <= day

    def sign_up(self, person: int) -> None:
        """Note that a person has an account."""
        self._signed_up[person] = 1

    def remember(self, person: int, device: int, day: int) -> None:
        """Note that somebody has logged in; shared computers forget it, because people log out there."""
        if device == LAPTOP and self._people.quirks_of[person] & HOUSEHOLD:
            return
        self._periods[person * 3 + device] = self._people.period(person, device, day) % 250 + 1

    def knows(self, person: int, device: int, day: int) -> bool:
        """Return whether a device still knows who its user is."""
        return self._periods[person * 3 + device] == self._people.period(person, device, day) % 250 + 1

    def identity(self, person: int) -> tuple[str, str]:
        """Return how the shop's own servers name somebody: identifiers, and more for the message's context.

        By the number of the account, else of the loyalty card, else by the e-mail address. SDKs for servers insist on
        a ``userId`` or ``anonymousId``, so the latter two carry one that always is the same.
        """
        people = self._people
        if self._signed_up[person]:
            return f',"anonymousId":null,"userId":"{people.user_id(person)}"', ""
        if people.card_of[person]:
            number = people.customer_number(person)
            return f',"anonymousId":"card-{number}","userId":null', external_id("customer_number", number)
        mailbox = people.random_id(f"mail:{person}")
        return f',"anonymousId":"{mailbox}","userId":null', external_id("email", people.email(person))
