"""The inter-cloud file is made once, kept secret, and replaced whole."""

import json
import re
import stat
from io import StringIO

import pytest
from rich.console import Console

from twin2multicloud.domain.errors import InvalidProjectError
from twin2multicloud.project.inter_cloud import InterCloud, ensure_inter_cloud, write_endpoints

FILE = "config_inter_cloud.json"


def _mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def test_the_first_use_makes_up_a_token_for_its_owner_alone(tmp_path):
    made = ensure_inter_cloud(tmp_path)

    assert re.fullmatch(r"[A-Za-z0-9_-]{43}", made.token)
    assert made.endpoints == {}
    assert _mode(tmp_path / FILE) == 0o600
    assert ensure_inter_cloud(tmp_path) == made


def test_two_projects_have_two_tokens(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()

    assert ensure_inter_cloud(tmp_path / "a").token != ensure_inter_cloud(tmp_path / "b").token


def test_a_file_that_others_may_read_is_closed_to_them(tmp_path):
    made = ensure_inter_cloud(tmp_path)
    (tmp_path / FILE).chmod(0o644)

    assert ensure_inter_cloud(tmp_path) == made
    assert _mode(tmp_path / FILE) == 0o600


def test_endpoints_are_replaced_and_the_token_stays(tmp_path):
    token = ensure_inter_cloud(tmp_path).token
    write_endpoints(tmp_path, {"ingestion": "https://old"})
    write_endpoints(tmp_path, {"azure.hot-writer": "https://new"})

    assert json.loads((tmp_path / FILE).read_text()) == {
        "token": token,
        "endpoints": {"azure.hot-writer": "https://new"},
    }
    assert _mode(tmp_path / FILE) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == [FILE]


@pytest.mark.parametrize("content", ["{", "[]", '{"token": "hunter2"}', '{"token": 17}', "{}"])
def test_a_file_that_is_none_is_a_finding_without_the_secret(tmp_path, content):
    (tmp_path / FILE).write_text(content)

    with pytest.raises(InvalidProjectError) as caught:
        ensure_inter_cloud(tmp_path)

    assert caught.value.findings[0].file == FILE
    assert "hunter2" not in str(caught.value)
    assert (tmp_path / FILE).read_text() == content


def test_the_token_is_never_printed():
    value = InterCloud(token="hunter2", endpoints={"a": "https://b"})
    out = StringIO()
    Console(file=out).print(value)

    assert "hunter2" not in f"{value} {value!r} {out.getvalue()}"
    assert "https://b" in out.getvalue()
