"""Topics: what messages are about, in the words in which customers choose what they want to get."""
