"""What a function's process has on every cloud: clock, bundle, user code, token. Independent of SDKs and clouds."""
