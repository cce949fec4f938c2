"""The nearest word, whatever its case."""

import pytest

from twin2multicloud.domain.suggestions import nearest


@pytest.mark.parametrize(("word", "found"), [("azur", "Azure"), (" AZURE ", "Azure"), ("aws", "aws"), ("zzz", None)])
def test_the_nearest_option(word: str, found: str | None) -> None:
    assert nearest(word, ["aws", "Azure", "gcp"]) == found
