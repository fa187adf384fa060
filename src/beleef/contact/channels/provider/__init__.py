"""SMS and WhatsApp through any provider with an HTTP interface: how to speak to it is data, not code."""
