"""How messages of customers come in by mail: fetched from mailboxes, taken apart, made safe to read, and said in the log."""
