"""Which campaigns send a message: what the list of messages shows, and what keeps one in use from being deleted."""

import msgspec

from beleef.campaigns.model import Send
from beleef.pages import _messages_in


def test_messages_are_found_however_deep_their_step_stands() -> None:
    deep = {"flow": [{"branch": [[{"does": Send(channel="email", message="cart", fallback=("sms",))}]]}]}
    flat = {"does": Send(channel="staff", text="Bel deze klant")}
    data = msgspec.to_builtins([deep, flat, {"message": "this is no step"}])
    assert list(_messages_in(data)) == ["cart", "cart-sms"]
