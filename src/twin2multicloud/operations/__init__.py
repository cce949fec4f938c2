"""What an operator does with a twin, each once. Yields progress and asks by a callback; never prints."""
