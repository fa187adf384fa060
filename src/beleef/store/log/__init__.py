"""Facts in order, durable: a table in SQLite or PostgreSQL, or NATS JetStream. One port, one contract suite."""
