"""botocore's errors as the domain's. Owns the table of error codes; every AWS adapter goes through it.

Codes: the service models in botocore (dynamodb, sqs, events, secretsmanager, iot, lambda) and the common errors of
AWS's APIs.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from twin2multicloud.domain.errors import ConfigurationError, FinalError, RetryableError, TwinError

if TYPE_CHECKING:
    from botocore.exceptions import ClientError

_RETRYABLE = frozenset(
    {
        "InternalFailure",
        "InternalServerError",
        "InternalServiceError",
        "KmsThrottled",
        "LimitExceededException",  # DynamoDB's and Secrets Manager's word for too much at once
        "OverLimit",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "RequestThrottled",
        "RequestTimeout",
        "RequestTimeoutException",
        "ResourceConflictException",  # Lambda's word for a function that is being changed
        "ServiceUnavailable",
        "ServiceUnavailableException",
        "SnapStartNotReadyException",
        "ThrottledException",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
        "TransactionConflictException",
        "TransactionInProgressException",
    }
)
_CONFIGURATION = frozenset(
    {
        "AWS.SimpleQueueService.NonExistentQueue",
        "AccessDenied",
        "AccessDeniedException",
        "AuthFailure",
        "ExpiredToken",
        "ExpiredTokenException",
        "IncompleteSignature",
        "InvalidClientTokenId",
        "InvalidSignatureException",
        "KmsAccessDenied",
        "MissingAuthenticationToken",
        "NotAuthorizedException",
        "QueueDoesNotExist",
        "ResourceNotFoundException",
        "SignatureDoesNotMatch",
        "UnauthorizedException",
        "UnrecognizedClientException",
    }
)


@contextmanager
def domain_errors(doing: str) -> Iterator[None]:
    """Turn what botocore raises inside into a domain error that says what was being done.

    Throttling, 5xx and anything on the way to the service are retryable; permissions, credentials and things that do
    not exist are the configuration's; whatever else the service refuses, it refuses for good.
    """
    from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError, ParamValidationError
    from botocore.exceptions import ConnectionError as NoConnectionError

    try:
        yield
    except ClientError as error:
        raise classified(doing, error) from error
    except (HTTPClientError, NoConnectionError) as error:  # refused, reset, timed out, no route
        raise RetryableError(f"{doing}: no answer from AWS ({type(error).__name__})") from error
    except ParamValidationError as error:
        raise FinalError(f"{doing}: {error}", 400) from error
    except BotoCoreError as error:  # no credentials, no region, no such endpoint
        raise ConfigurationError(f"{doing}: {error}") from error


def classified(doing: str, error: "ClientError") -> TwinError:
    """The domain's word for a service's answer."""
    answer = error.response
    code, message = answer["Error"].get("Code", ""), answer["Error"].get("Message", "")
    metadata = answer.get("ResponseMetadata", {})
    return by_code(doing, code, message, metadata.get("HTTPStatusCode", 0))


def by_code(doing: str, code: str, message: str, status: int = 0) -> TwinError:
    """The domain's word for an error code, of a whole answer or of one entry in a batch."""
    said = f"{doing}: AWS answered {code or status}: {message}"
    if code in _CONFIGURATION or status in (401, 403):  # S3 answers a HEAD without a code
        return ConfigurationError(said)
    if code in _RETRYABLE or status >= 500 or status in (408, 429):
        return RetryableError(said)
    return FinalError(said, status or 400)
