"""What a message may be at most. Every refusal names one of these.

The body limit leaves room for the smallest carrier there is: a Lambda function URL takes 6 MB, and base64 adds a third.
"""

MAX_BODY_BYTES = 4 * 1024 * 1024
"""Of a body, compressed or not, after decompression."""

MAX_MESSAGES = 1_000
"""Messages in one envelope."""

FUNCTION_SECONDS = 180
"""Of one call of a function, on every cloud. A sender may need 127 s: four requests of 30 s, 1 + 2 + 4 s apart."""

MAX_READINGS = 5_000
"""Readings in one publish of a device: a longer list is refused as a whole, since others wait while it is read."""

GZIP_FROM_BYTES = 4 * 1024
"""A sender compresses bodies from this size on."""

MAX_ANSWER_BYTES = 5 * 1024 * 1024
"""Of a reader's answer: below Lambda's 6 MB with room for headers and escapes."""

CALL_SECONDS = 15.0
"""When a run that was called begins no further step: its caller waits for the answer, for 30 seconds at most."""
