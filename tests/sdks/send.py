"""Use a Python SDK as its documentation says: one call of each kind, then flush. Prints the SDK's version and its errors."""

import json
import sys
from importlib import import_module
from typing import Any


def main(library: str, host: str, write_key: str, user: str) -> None:
    """Send with ``segment`` or ``rudderstack``, whichever release comes first on the path."""
    errors: list[str] = []

    def remember(error: Exception, _batch: object) -> None:
        errors.append(str(error))

    client: Any = import_module(f"{library}.analytics").Client(
        write_key, host=host, on_error=remember, max_retries=3
    )
    client.identify(user, {"email": f"{user}@example.nl", "plan": "gold"})
    client.track(user, "Order Completed", {"revenue": 42.5, "currency": "EUR", "product_id": "fiets-1"})
    client.page(user, "Shop", "Home", {"url": "https://shop.example/"})
    client.screen(user, "App", "Start")
    client.group(user, "firm-7", {"name": "Bakkerij Smit"})
    client.alias(f"{user}-before", user)
    client.track(None, "Product Viewed", anonymous_id=f"{user}-device")
    client.flush()
    client.join()
    print(json.dumps({"version": import_module(f"{library}.analytics.version").VERSION, "errors": errors}))


if __name__ == "__main__":
    main(*sys.argv[1:])
