"""azure-core's errors as the domain's. Owns the table of status codes; every Azure adapter goes through it.

Statuses: learn.microsoft.com, "HTTP status codes for Azure Cosmos DB" and "Common REST API error codes" of storage.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from twin2multicloud.domain.errors import ConfigurationError, FinalError, RetryableError, TwinError

_RETRYABLE = frozenset({408, 410, 429, 449})  # 410: a Cosmos DB partition moved; 449: its "retry with"
_CONFIGURATION = frozenset({401, 403, 404})


@contextmanager
def domain_errors(doing: str) -> Iterator[None]:
    """Turn what an Azure SDK raises inside into a domain error that says what was being done.

    Throttling, 5xx and anything on the way to the service are retryable; permissions, credentials and things that do
    not exist are the configuration's; whatever else the service refuses, it refuses for good.
    """
    from azure.core.exceptions import AzureError, ClientAuthenticationError, HttpResponseError

    try:
        yield
    except ClientAuthenticationError as error:  # also: no credential at all
        raise ConfigurationError(f"{doing}: not authenticated with Azure: {_first_line(error)}") from error
    except HttpResponseError as error:
        if error.status_code is None:
            raise RetryableError(f"{doing}: Azure's answer was cut off: {_first_line(error)}") from error
        raise by_status(doing, error.status_code, _first_line(error), _headers(error)) from error
    except AzureError as error:  # refused, reset, timed out, no route
        raise RetryableError(f"{doing}: no answer from Azure ({type(error).__name__})") from error


def by_status(doing: str, status: int, message: str, headers: Mapping[str, str]) -> TwinError:
    """The domain's word for an HTTP status, of a whole answer or of one operation in a batch."""
    said = f"{doing}: Azure answered {status}: {message}"
    if status in _RETRYABLE or status >= 500:
        return RetryableError(said, _retry_after(headers))
    if status in _CONFIGURATION:
        return ConfigurationError(said)
    return FinalError(said, status)


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds to wait, where the service said so: Cosmos DB says it in milliseconds."""
    for name, scale in (("x-ms-retry-after-ms", 1000.0), ("retry-after", 1.0)):
        try:
            return float(headers.get(name, "")) / scale
        except ValueError:
            continue
    return None


def _headers(error: Exception) -> Mapping[str, str]:
    """The answer's headers; a failed batch of Cosmos DB holds them itself."""
    found: Mapping[str, str] | None = getattr(getattr(error, "response", None) or error, "headers", None)
    return found or {}


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0][:300] if str(error) else type(error).__name__
