"""The call list: people to ring, what to say, and what came of it."""
