"""The inbox in an organisation's own site and app: messages that wait there until the customer looks."""
