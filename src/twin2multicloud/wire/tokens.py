"""The token that every crossing carries. Owns its header and its comparison; knows no secret store."""

import hmac
from collections.abc import Iterable, Mapping

HEADER = "x-inter-cloud-token"


def accepts(expected: Iterable[str], headers: Mapping[str, str]) -> bool:
    """Whether a request carries one of the expected tokens, compared in constant time.

    Two may be valid while one replaces the other. An empty expected token refuses everyone. Of a header that came
    twice (HTTP joins the values with commas) the first counts.
    """
    first = headers.get(HEADER, "").partition(",")[0].strip(" \t")
    given = _encoded(first)
    matches = [bool(token) and hmac.compare_digest(_encoded(token), given) for token in expected]
    return any(matches)


def _encoded(token: str) -> bytes:
    """Bytes to compare: of any text, since whatever is sent or configured must be answered, if only with 401."""
    return token.encode(errors="surrogatepass")
