"""How each emulated cloud starts a function: native events made from bytes, through the cloud's real entrypoint.

The same four verbs in every cloud's file: `on_device`, `on_queue`, `on_http`, `on_call`. A cloud's pack names its own.
"""
