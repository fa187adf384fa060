"""Roles and who is asking. Pure: no clock, no database."""

from enum import IntEnum

import msgspec

from beleef.kernel.errors import InvalidInput, NotAllowed


class Role(IntEnum):
    """What somebody may do; each role may do all that the ones below it may."""

    reader = 1
    agent = 2
    editor = 3
    administrator = 4


TOKEN_ROLES = (Role.reader, Role.editor, Role.administrator)
"""Roles a server token can have."""


class Actor(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody known who asks: a member of staff or a program with a token. Comes only from ``access.api``.

    Attributes:
        kind: ``staff``, ``token`` or ``command`` (the command line on the machine itself).
        id: Number of the account or token.
        name: What is shown and kept in the audit log.
        role: What they may do.
        language: ``nl`` or ``en``.
        email: The address that a member of staff signs in with; empty for others.
        csrf: Token that each form of theirs must carry; empty for tokens.
    """

    kind: str
    id: int
    name: str
    role: Role
    language: str = "en"
    email: str = ""
    csrf: str = ""

    def must_be(self, role: Role) -> None:
        """Pass when this actor has at least that role.

        Raises:
            NotAllowed: they have not.
        """
        if self.role < role:
            raise NotAllowed(
                f"This takes the role {role.name}; yours is {self.role.name}.",
                hint="Ask an administrator for the role.",
            )


def read_role(text: str, *, among: tuple[Role, ...] = tuple(Role)) -> Role:
    """Return the role with that name.

    Raises:
        InvalidInput: there is none of that name, or not here.
    """
    for role in among:
        if role.name == text.strip().lower():
            return role
    raise InvalidInput(f"“{text}” is no role here.", hint=f"Roles: {', '.join(role.name for role in among)}.")


def check_password(password: str) -> str:
    """Return the password when it is long enough.

    Raises:
        InvalidInput: it has fewer than 10 or more than 200 characters.
    """
    if not 10 <= len(password) <= 200:
        raise InvalidInput(
            "A password has 10 to 200 characters.",
            hint="A few words that do not belong together do well.",
            code="invalid_password",
        )
    return password
