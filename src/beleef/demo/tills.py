"""The twelve shops: receipts of people who show a loyalty card or want the receipt by mail, and workshops."""

from beleef.demo.catalogue import WORKSHOPS
from beleef.demo.names import SHOPS
from beleef.demo.orders import completed, new_order
from beleef.demo.stage import Stage
from beleef.demo.writing import event, external_id


def buy(stage: Stage, at: int, person: int, details: None) -> None:  # noqa: ARG001 - the shape of an act
    """Buy something in a shop. An act; who shows nothing stays unknown, and unrecorded."""
    random, people = stage.random, stage.people
    shows_card = people.card_of[person] and random() < 0.85
    if not shows_card and random() > 0.1:
        return
    if shows_card:
        number = people.customer_number(person)
        identity = f',"anonymousId":"card-{number}","userId":null'
        context = external_id("customer_number", number)
    else:
        identity = f',"anonymousId":"receipt-{stage.uuid()}","userId":null'
        context = external_id("email", people.email(person))
    shop = SHOPS[(person if random() < 0.85 else int(random() * 1000)) % len(SHOPS)]
    popular = stage.catalogue.popular
    cart = []
    for _ in range(1 + int(4 * random() ** 2)):
        choice = popular[int(random() * WORKSHOPS)]
        cart.append((choice[int(random() * len(choice))], 1 + int(2.3 * random() ** 3)))
    payment = "pin" if random() < 0.85 else "cash"
    order = new_order(at, person, cart, letter="T")
    more = f',"shop":"{shop}","payment_method":"{payment}"'
    stage.record("tills", at, completed(order, more=more), identity, context)
    if random() < 0.02:
        workshop = popular[WORKSHOPS][int(random() * 100)]
        taken = f'{workshop.item[1:]},"shop":"{shop}","currency":"EUR"'
        stage.record("tills", at, event("Workshop Attended", taken), identity, context)
