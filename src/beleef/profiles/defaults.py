"""Ten computed traits that a shop can start with, as plain data in the form that files and the page use.

They rely on the event names of the Segment e-commerce vocabulary.
"""

from typing import Any

SHOP: tuple[dict[str, Any], ...] = (
    {
        "name": "orders_365",
        "label": "Orders, last 365 days",
        "kind": "count",
        "window_days": 365,
        "types": ["track"],
        "names": ["Order Completed"],
    },
    {
        "name": "revenue_365",
        "label": "Revenue, last 365 days",
        "kind": "sum",
        "of": "revenue",
        "window_days": 365,
        "types": ["track"],
        "names": ["Order Completed", "Order Refunded"],
    },
    {
        "name": "average_order_value",
        "label": "Average order value",
        "kind": "average",
        "of": "revenue",
        "types": ["track"],
        "names": ["Order Completed"],
    },
    {
        "name": "last_order",
        "label": "Last order",
        "kind": "last",
        "of": "order_id",
        "types": ["track"],
        "names": ["Order Completed"],
    },
    {
        "name": "days_since_last_order",
        "label": "Days since last order",
        "kind": "days_since",
        "types": ["track"],
        "names": ["Order Completed"],
    },
    {"name": "favourite_channel", "label": "Most frequent channel", "kind": "most_frequent", "of": "channel"},
    {
        "name": "sessions_30",
        "label": "Sessions, last 30 days",
        "kind": "unique_count",
        "of": "context.sessionId",
        "window_days": 30,
    },
    {
        "name": "favourite_category",
        "label": "Favourite category",
        "kind": "most_frequent",
        "of": "properties.category",
        "types": ["track"],
        "names": ["Product Viewed", "Product Added", "Product List Viewed"],
    },
    {
        "name": "returns_365",
        "label": "Returns, last 365 days",
        "kind": "count",
        "window_days": 365,
        "types": ["track"],
        "names": ["Order Refunded"],
    },
    {
        "name": "service_contacts_90",
        "label": "Service contacts, last 90 days",
        "kind": "count",
        "window_days": 90,
        "channels": ["phone", "chat", "portal"],
        "types": ["track"],
    },
)
