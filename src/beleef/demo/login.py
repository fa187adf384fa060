"""Becoming known: signing up and logging in, with everything the web shop then says about somebody."""

from collections.abc import Sequence

from beleef.demo.mail import NEWSLETTER_TEXT, consent
from beleef.demo.people import LINKS, MOVED, People
from beleef.demo.session import Session
from beleef.demo.stage import LARGEST_BATCH, Stage
from beleef.demo.timetable import at_hour
from beleef.demo.writing import event
from beleef.kernel.clock import DAY


def traits(people: People, person: int) -> str:
    """Return what the shop knows about somebody with an account, as the inside of a JSON object."""
    first, last = people.first_name(person), people.last_name(person)
    linked = people.card_of[person] and people.quirks_of[person] & LINKS
    card = f',"customer_number":"{people.customer_number(person)}"' if linked else ""
    return (
        f'"email":"{people.email(person)}","phone":"{people.phone(person)}","firstName":"{first}","lastName":"{last}",'
        f'"name":"{first} {last}","birthday":"{people.birthday(person)}","address":{people.address(person)},'
        f'"customer_group":"{people.group(person)}"{card}'
    )


def group(people: People, company: int) -> str:
    """Return the beginning of a message that somebody belongs to a company."""
    return f'"type":"group","groupId":"org-{company:05d}","traits":{people.company_traits(company)}'


def log_in(session: Session, *, remember: bool) -> None:
    """Log in, and sign up first where somebody has no account yet.

    Args:
        session: The sitting; from here on its messages carry the person's number.
        remember: Whether the device may remember it: not on a public computer.
    """
    stage, person = session.stage, session.person
    people, knowledge, day = stage.people, stage.knowledge, stage.today.number
    new = not knowledge.has_account(person)
    if new:
        knowledge.sign_up(person)
        if people.quirks_of[person] & MOVED:
            _move(session)
    session.user = f'"{people.user_id(person)}"'
    if new:
        session.say(event("Signed Up", '"method":"email"'))
    session.say(f'"type":"identify","traits":{{{traits(people, person)}}}')
    companies = people.companies_of(person)
    for company in companies:
        session.say(group(people, company))
    if companies:
        session.belongs_to(companies[stage.random() < 0.2 and len(companies) > 1])
    if new:
        _agree(session)
    if remember:
        knowledge.remember(person, session.device, day)


def plan_import(stage: Stage) -> None:
    """Bring in the customers of before the history, as an organisation does that begins with Beleef."""
    people = stage.people
    persons = ((people.account < 0) & people.active(0)).nonzero()[0].tolist()
    for start in range(0, len(persons), LARGEST_BATCH):
        moment = at_hour(stage.today, 3 + 3 * start / len(persons)) + DAY
        stage.at(moment, _bring_in, 0, persons[start : start + LARGEST_BATCH])


def _bring_in(stage: Stage, at: int, person: int, persons: Sequence[int]) -> None:  # noqa: ARG001
    people = stage.people
    for customer in persons:
        moved = people.quirks_of[customer] & MOVED
        number = people.old_user_id(customer) if moved else people.user_id(customer)
        head = f'"type":"identify","traits":{{{traits(people, customer)}}}'
        identity = f',"anonymousId":null,"userId":"{number}"'
        stage.record("webshop", at, head, identity)
        for company in people.companies_of(customer):
            stage.record("webshop", at, group(people, company), identity)


def give_details(session: Session) -> None:
    """Order without an account: the shop learns who it is, and gives no number."""
    people, person = session.stage.people, session.person
    first, last = people.first_name(person), people.last_name(person)
    session.say(
        f'"type":"identify","traits":{{"email":"{people.email(person)}","phone":"{people.phone(person)}",'
        f'"name":"{first} {last}","address":{people.address(person)},"customer_group":"{people.group(person)}"}}'
    )


def _move(session: Session) -> None:
    """Log in with the number of the old web shop, which then becomes the new one."""
    people, person = session.stage.people, session.person
    old = people.old_user_id(person)
    session.user = f'"{old}"'
    session.say(f'"type":"identify","traits":{{"email":"{people.email(person)}"}}')
    session.user = f'"{people.user_id(person)}"'
    session.say(f'"type":"alias","previousId":"{old}"')


def _agree(session: Session) -> None:
    random, person = session.stage.random, session.person
    wants_letter = session.stage.people.letter[person] <= session.stage.today.number
    for purpose in ("newsletter", "marketing"):
        session.say(consent(purpose, "email", "granted" if wants_letter else "denied", NEWSLETTER_TEXT))
    session.say(
        consent("personalisation", "web", "granted" if random() < 0.7 else "denied", "account-2024-1")
    )
    session.say(consent("marketing", "email", "granted" if random() < 0.65 else "denied", "account-2024-1"))
    if random() < 0.3:
        session.say(consent("offers", "phone", "denied" if random() < 0.85 else "granted", "account-2024-1"))
