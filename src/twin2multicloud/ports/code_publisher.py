"""The code of deployed functions: what they run, and bringing them other code without Terraform."""

from collections.abc import Mapping
from typing import Protocol


class CodePublisher(Protocol):
    """The functions of one deployed twin on one cloud."""

    def published(self) -> Mapping[str, str]:
        """The digest of the archive that each function runs: its SHA-256 in hexadecimal digits, or the first 32 of
        them; without functions that run nothing, or something else.

        Raises RetryableError, ConfigurationError.
        """
        ...

    def publish(self, function: str, archive: bytes, digest: str) -> None:
        """Make a function run an archive, under its digest; returns once it does.

        Raises TwinError, with what the cloud said, where the archive was taken and does not run; RetryableError,
        ConfigurationError.
        """
        ...
