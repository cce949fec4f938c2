"""gzip, bounded. isal does it at a quarter of zlib's price where it is installed; function bundles go without."""

from twin2multicloud.domain.errors import FinalError
from twin2multicloud.wire.limits import GZIP_FROM_BYTES, MAX_BODY_BYTES

try:
    from isal import isal_zlib as _zlib

    _Malformed: type[Exception] = _zlib.IsalError  # type: ignore[assignment]  # its stub says instance
except ImportError:  # a bundle carries only what it must
    import zlib as _zlib  # type: ignore[no-redef]

    _Malformed = _zlib.error  # type: ignore[assignment]

_GZIP = 31  # zlib's name for "with a gzip header"


def compress(body: bytes) -> tuple[bytes, bool]:
    """The body, gzipped if it is large enough to be worth it, and whether it was."""
    if len(body) < GZIP_FROM_BYTES:
        return body, False
    packer = _zlib.compressobj(1, _zlib.DEFLATED, _GZIP)
    return packer.compress(body) + packer.flush(), True


def decompress(body: bytes, limit: int = MAX_BODY_BYTES) -> bytes:
    """The plain body of a gzipped one; never inflates past `limit` bytes. Raises FinalError (400, 413)."""
    unpacker = _zlib.decompressobj(_GZIP)
    try:
        plain = bytes(unpacker.decompress(body, limit + 1))
        if len(plain) > limit:
            raise FinalError(f"body is over the limit of {limit} bytes once decompressed", 413)
        if not unpacker.eof or unpacker.unused_data:  # a second member would be dropped without a word
            raise FinalError("body is not one complete gzip member", 400)
    except _Malformed as error:
        raise FinalError("body is not gzip although content-encoding says so", 400) from error
    return plain
