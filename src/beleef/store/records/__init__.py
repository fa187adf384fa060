"""State: SQLite or PostgreSQL through SQLAlchemy Core, one schema, migrations that only append."""
