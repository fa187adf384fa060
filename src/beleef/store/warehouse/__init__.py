"""History for analysis: a Parquet lake read by DuckDB or any Spark Connect server, through the same Ibis expressions."""
