"""Makes of a message in the ledger what a channel puts on the wire: the library's text for this person, links signed and tracked."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import sqlalchemy as sa

from beleef.contact.channels.port import Carried, Outgoing
from beleef.contact.known import Circumstances
from beleef.contact.links import Links
from beleef.contact.model import Contacted, Intent
from beleef.content.api import Content, add_utm, language_of, person_variables, track_links
from beleef.identity import api as identity
from beleef.identity.api import Person
from beleef.kernel.errors import BeleefError, InvalidInput
from beleef.profiles.api import Profile, Profiles
from beleef.store.files import Files

_OWN_PAGES = ("/unsubscribe/", "/preferences/", "/message/", "/media/", "/c/", "/o/", "/s/", "/e/", "/q/")
"""Links to them stay as they are: a detour would tell nothing that the page does not, and hide where it leads."""


class Unmade(msgspec.Struct, frozen=True, kw_only=True):
    """A message that could not be made: a code, and what is wrong in one sentence."""

    code: str
    message: str


class Rendering:
    """Makes messages.

    Args:
        content: The library.
        profiles: The reader of profiles.
        links: Signs addresses.
        files: Where attachments are kept.
    """

    def __init__(self, content: Content, profiles: Profiles, links: Links, files: Files) -> None:
        self._content = content
        self._files = files
        self._profiles = profiles
        self.links = links

    def make(self, connection: sa.Connection, row: Contacted, around: Circumstances) -> Outgoing | Unmade:
        """Return a message ready for the wire, or why it cannot be made."""
        person, intent = around.person, row.intent
        if person is None:
            return Unmade(code="unknown_person", message="Nobody is known by that any more.")
        signed = self._signed(row, person)
        try:
            language, parts = self._parts(connection, row, person, around.profile, signed)
            files = self._carried(intent)
        except BeleefError as error:
            return Unmade(code=error.code, message=error.message)
        except Exception as error:  # noqa: BLE001 -- one message that cannot be made must not stop those behind it
            return Unmade(code="internal_error", message=type(error).__name__)
        settings = {} if around.opened is None else around.opened.setup.settings
        return Outgoing(
            contact=row.id,
            key=intent.key,
            person=person,
            address=around.address,
            purpose=intent.purpose,
            topic=intent.topic,
            campaign=intent.campaign,
            language=language,
            parts=self._tracked(row, parts, settings),
            links=signed,
            token=self.links.return_token(row.id),
            variables=intent.variables,
            files=files,
        )

    def view(
        self, connection: sa.Connection, row: Contacted, person: Person, now: int
    ) -> tuple[str, dict[str, str]]:
        """Return the language and the parts of a message as its person got it, without anything that tells on them.

        Raises:
            InvalidInput: it cannot be made any more.
        """
        profile = self._profiles.profile(connection, person.subjects, now)
        return self._parts(connection, row, person, profile, self._signed(row, person))

    def _parts(
        self,
        connection: sa.Connection,
        row: Contacted,
        person: Person,
        profile: Profile,
        signed: Mapping[str, str],
    ) -> tuple[str, dict[str, str]]:
        intent = row.intent
        if intent.parts is not None and not intent.is_template:
            own = person_variables(profile, (), person.identifiers)
            return intent.language or language_of(own), dict(intent.parts)
        numbers = [one.number for one in identity.accounts_of(connection, person.subjects)]
        known = self._profiles.account_profiles(connection, numbers) if numbers else {}
        accounts = [(number, known.get(number)) for number in numbers]
        variables: dict[str, Any] = {
            **person_variables(profile, accounts, person.identifiers),
            "campaign": _campaign(intent),
            **intent.variables,
            "links": signed,
        }
        if intent.parts is not None:
            language = intent.language or language_of(variables)
            return language, self._filled(connection, intent, variables, language)
        rendered = self._content.render(
            connection,
            intent.message,
            intent.version,
            person=variables,
            language=intent.language,
            strict=True,
        )
        if rendered.channel != intent.channel:
            raise InvalidInput(
                f"“{intent.message}” is a message for {rendered.channel}, not for {intent.channel}.",
                hint="Choose a message of that channel.",
                code="wrong_channel",
            )
        return rendered.language, dict(rendered.parts)

    def _filled(
        self, connection: sa.Connection, intent: Intent, variables: Mapping[str, Any], language: str
    ) -> dict[str, str]:
        filled = self._content.fill(connection, intent.parts or {}, person=variables, language=language)
        if intent.channel != "webhook":
            return filled
        return {"body": msgspec.json.encode({**filled, **intent.variables}).decode()}

    def _carried(self, intent: Intent) -> tuple[Carried, ...]:
        if intent.channel != "email":
            return ()
        return tuple(
            Carried(name=one.name, type=one.type, content=self._files.read(one.file)) for one in intent.files
        )

    def _signed(self, row: Contacted, person: Person) -> dict[str, str]:
        return {
            "unsubscribe": self.links.unsubscribe(row.id),
            "preferences": self.links.preferences(person.number),
            "view_in_browser": self.links.view(row.id),
        }

    def _tracked(self, row: Contacted, parts: dict[str, str], settings: Mapping[str, Any]) -> dict[str, str]:
        body = parts.get("body", "")
        if row.intent.channel != "email" or not body:
            return parts
        domains: Sequence[str] = settings.get("own_domains") or ()
        if domains:
            campaign = row.intent.campaign or row.intent.message
            body = add_utm(body, campaign=campaign, source="beleef", medium="email", domains=domains)
        pixel = self.links.open(row.id) if settings.get("track_opens", False) else None
        if settings.get("track_clicks", True):
            untracked = [self.links.address + page for page in _OWN_PAGES]
            body = track_links(body, lambda url: self.links.click(row.id, url), pixel, untracked=untracked)
        elif pixel is not None:
            body = track_links(body, lambda url: url, pixel)
        return {**parts, "body": body}


def _campaign(intent: Intent) -> dict[str, str]:
    return {"name": intent.campaign, "step": intent.step, "variant": intent.variant}
