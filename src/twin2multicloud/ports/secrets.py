"""A secret store. Does not know what secrets mean: `wire.tokens` owns the form of the inter-cloud token."""

from typing import Protocol


class Secrets(Protocol):
    """One cloud's secret store."""

    def read(self, name: str) -> str:
        """The current text of a secret, by the name that the deployment assigned.

        Raises RetryableError, ConfigurationError where there is none or this function may not read it. Neither the
        text nor a part of it is ever in an error.
        """
        ...
