"""What crosses a cloud boundary. Owns envelope, answers, tokens, retry, breaker, sender and receiver; knows no function."""
