"""Voices: what people write in answers, read for its themes and its tone, and what colleagues say about that reading."""
