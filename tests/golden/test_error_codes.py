"""The page of error codes is the table's, and every code is in it."""

from tests.golden.cases import ERRORS, rendered_errors
from twin2multicloud.domain.error_codes import ERROR_CODES, ErrorCode


def test_the_page_of_errors_is_current():
    assert ERRORS.read_text(encoding="utf-8") == rendered_errors(), "run: python -m tests.golden.regenerate"


def test_every_code_is_explained():
    assert list(ERROR_CODES) == list(ErrorCode)
    assert all(info.meaning.endswith(".") and info.remedy.endswith(".") for info in ERROR_CODES.values())
