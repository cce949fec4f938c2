"""What crosses a cloud boundary. Owns envelope, answers, tokens, retry, sender, receiver; no function."""
