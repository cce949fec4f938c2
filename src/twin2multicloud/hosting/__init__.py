"""What a function's process has on every cloud: clock, bundle, user code, token. Knows no SDK and no single cloud."""
