"""google-api-core's errors as the domain's. Owns the table of codes; every Google adapter goes through it.

Codes: google.rpc.Code (google/rpc/code.proto), which also says which of them are worth trying again.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from twin2multicloud.domain.errors import ConfigurationError, FinalError, RetryableError, TwinError

if TYPE_CHECKING:
    from google.api_core.exceptions import GoogleAPICallError
    from google.api_core.retry import Retry

PATIENCE = 8.0
"""Seconds that an adapter goes on trying. A sender on another cloud waits for 30 (see `wire.sender`)."""

_CONFIGURATION = frozenset({"Unauthenticated", "Unauthorized", "Forbidden", "PermissionDenied", "NotFound"})
_MISSING_INDEX = "FailedPrecondition"  # Firestore's word for a query without its index, or a database of another kind
_RETRYABLE = frozenset({"ResourceExhausted", "TooManyRequests", "Aborted", "Cancelled"})


@contextmanager
def domain_errors(doing: str) -> Iterator[None]:
    """Turn what a Google client raises inside into a domain error that says what was being done.

    Throttling, 5xx and anything on the way to the service are retryable; permissions, credentials and things that do
    not exist are the configuration's; whatever else the service refuses, it refuses for good.
    """
    from google.api_core.exceptions import GoogleAPICallError, GoogleAPIError
    from google.auth.exceptions import GoogleAuthError, TransportError

    try:
        yield
    except GoogleAPICallError as error:
        raise classified(doing, error) from error
    except (GoogleAPIError, TransportError) as error:  # retried in vain; no way to the token server
        raise RetryableError(f"{doing}: no answer from Google Cloud ({type(error).__name__})") from error
    except GoogleAuthError as error:
        raise ConfigurationError(f"{doing}: not authenticated with Google Cloud: {error}") from error


def patient(seconds: float) -> "Retry":
    """The client's own retrying of what may pass, for so long; its defaults outlive a function (Pub/Sub's: 600 s)."""
    from google.api_core.exceptions import Aborted, InternalServerError, ResourceExhausted, ServiceUnavailable
    from google.api_core.retry import Retry, if_exception_type

    may_pass = if_exception_type(Aborted, InternalServerError, ResourceExhausted, ServiceUnavailable)
    return Retry(predicate=may_pass, initial=0.1, maximum=5.0, multiplier=2.0, timeout=seconds)


def classified(doing: str, error: "GoogleAPICallError") -> TwinError:
    """The domain's word for a service's answer. The client's classes are named after the codes, and inherit by them."""
    names = {kind.__name__ for kind in type(error).__mro__}
    status = int(error.code or 500)
    said = f"{doing}: Google Cloud answered {type(error).__name__}: {error.message[:300]}"
    if names & _RETRYABLE or status >= 500 or status == 499:
        return RetryableError(said)
    if names & _CONFIGURATION or _MISSING_INDEX in names:
        return ConfigurationError(said)
    return FinalError(said, status)
