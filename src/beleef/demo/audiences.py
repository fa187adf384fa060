"""The audiences that the demo's shop keeps, as plain data in the form that files and the page use.

They stand for what a shop asks day by day, and use every kind of rule.
"""

from typing import Any

AUDIENCES: tuple[dict[str, Any], ...] = (
    {
        "name": "vip",
        "label": "VIPs",
        "description": "Spent 750 euros or more in a year, refunds taken off.",
        "rule": {"computed": {"name": "revenue_365", "at_least": 750}},
    },
    {
        "name": "regulars",
        "label": "Bought twice in 90 days",
        "description": "They have the habit: no discount is needed to bring them back.",
        "rule": {
            "did": {"event": "Order Completed", "at_least": 2, "within_days": 90, "calendar": True},
        },
    },
    {
        "name": "cart_left",
        "label": "Left a cart behind",
        "description": "Put something in the cart in the last week and had not ordered a day later.",
        "rule": {
            "sequence": {
                "steps": [{"event": "Product Added"}, {"event": "Order Completed"}],
                "within_hours": 24,
                "missing_last": True,
                "within_days": 7,
            }
        },
    },
    {
        "name": "quiet",
        "label": "No order for 90 days",
        "description": "Customers who bought before and have been quiet for a quarter of a year.",
        "rule": {
            "all": [
                {"did": {"event": "Order Completed"}},
                {"did": {"event": "Order Completed", "at_most": 0, "within_days": 90}},
            ]
        },
    },
    {
        "name": "newsletter",
        "label": "Newsletter readers",
        "description": "Said yes to the newsletter by e-mail, and nothing else since.",
        "rule": {"consent": {"purpose": "newsletter", "channel": "email", "is": "granted"}},
    },
    {
        "name": "birthday_week",
        "label": "Birthday this week",
        "description": "The birthday comes within seven days, in the customer's own time zone.",
        "rule": {"trait": {"name": "birthday", "anniversary_within_days": 7}},
    },
    {
        "name": "complained",
        "label": "Complained in the last 30 days",
        "description": "Leave them in peace: service first.",
        "rule": {"did": {"event": "Complaint Opened", "within_days": 30}},
    },
    {
        "name": "app_users",
        "label": "App users",
        "description": "Opened the app on three occasions or more in the last 30 days.",
        "rule": {"did": {"event": "Application Opened", "at_least": 3, "within_days": 30}},
    },
    {
        "name": "pro_accounts",
        "label": "People of pro accounts",
        "description": "Everybody who buys for a company with the plan pro.",
        "rule": {"account": {"trait": "plan", "is": "pro"}},
    },
    {
        "name": "coffee_plan",
        "label": "Coffee plan subscribers",
        "description": "Their plan was started or renewed in the last 31 days.",
        "rule": {
            "did": {
                "events": ["Subscription Started", "Subscription Renewed"],
                "within_days": 31,
                "where": [{"path": "properties.plan", "is": "Koffieplan"}],
            }
        },
    },
    {
        "name": "parcel_late",
        "label": "Waiting for a late parcel",
        "description": "Sent three days ago or more and not delivered: tell them before they ask.",
        "rule": {
            "sequence": {
                "steps": [{"event": "Order Shipped"}, {"event": "Order Delivered"}],
                "within_hours": 72,
                "missing_last": True,
                "within_days": 10,
            }
        },
    },
    {
        "name": "newcomers",
        "label": "Signed up and bought nothing yet",
        "description": "Made an account in the last 60 days and has no product of ours.",
        "rule": {
            "all": [
                {"did": {"event": "Signed Up", "within_days": 60}},
                {"not": {"holds": {}}},
            ]
        },
    },
    {
        "name": "shop_only",
        "label": "Only in the shop",
        "description": "Bought in a shop this year and was not seen on the web or in the app.",
        "rule": {
            "all": [
                {"did": {"event": "Order Completed", "channels": ["shop"], "within_days": 365}},
                {"did": {"channels": ["web", "app"], "at_most": 0, "within_days": 365}},
            ]
        },
    },
    {
        "name": "win_back",
        "label": "To win back",
        "description": "Quiet customers who like to read from us and have no complaint.",
        "rule": {
            "all": [
                {"audience": "quiet"},
                {"any": [{"audience": "newsletter"}, {"audience": "app_users"}]},
                {"not": {"audience": "complained"}},
            ]
        },
    },
)
