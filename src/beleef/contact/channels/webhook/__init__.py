"""Webhooks: a message as a signed HTTP request to another system."""
