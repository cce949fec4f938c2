"""How each emulated cloud starts a function: native events made from bytes, through the cloud's real entrypoint.

All start functions by device, queue, HTTP and call. A cloud's pack names its own.
"""
