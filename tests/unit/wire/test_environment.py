"""Reading an environment: what is missing fails by name, and a crossing needs a URL *and* another cloud."""

import pytest

from tests.rigs.clouds import ALL, AWS, GCP
from twin2multicloud.domain.errors import ConfigurationError
from twin2multicloud.domain.placement import Cloud
from twin2multicloud.wire.environment import Remote, optional_env, remote_side, require_cloud, require_env


@pytest.mark.parametrize("env", [{}, {"NAME": ""}, {"NAME": "  \t\n"}], ids=["missing", "empty", "blank"])
def test_what_is_missing_fails_with_its_name(env):
    assert optional_env(env, "NAME") is None
    with pytest.raises(ConfigurationError, match="NAME"):
        require_env(env, "NAME")


def test_a_value_is_stripped():
    assert require_env({"NAME": " x\n"}, "NAME") == "x"


def test_the_token_has_an_alias_and_its_own_name_wins():
    assert require_env({"REMOTE_AUTH_TOKEN": "old"}, "INTER_CLOUD_TOKEN") == "old"
    assert require_env({"REMOTE_AUTH_TOKEN": "old", "INTER_CLOUD_TOKEN": "new"}, "INTER_CLOUD_TOKEN") == "new"
    assert require_env({"REMOTE_AUTH_TOKEN": "old", "INTER_CLOUD_TOKEN": " "}, "INTER_CLOUD_TOKEN") == "old"


def test_a_cloud_is_read_with_its_alias_and_another_word_is_named():
    assert require_cloud({"CLOUD": "google"}, "CLOUD") == GCP
    with pytest.raises(ConfigurationError, match=r"CLOUD.*'no cloud'"):
        require_cloud({"CLOUD": "no cloud"}, "CLOUD")


PAIRS = [(here, there) for here in ALL for there in ALL]


def validate(here: Cloud, there: Cloud, **more: str) -> tuple[Remote | None, list[str]]:
    lines: list[str] = []
    env = {"CLOUD": here, "L2_CLOUD": there, **more}
    return remote_side(env, "REMOTE_INGESTION_URL", "L2_CLOUD", lines.append), lines


@pytest.mark.parametrize(("here", "there"), PAIRS)
def test_with_a_url_it_is_remote_only_where_the_clouds_differ(here, there):
    remote, lines = validate(here, there, REMOTE_INGESTION_URL="https://x.example", INTER_CLOUD_TOKEN="t")
    if here == there:
        assert remote is None
        assert len(lines) == 1
        assert "REMOTE_INGESTION_URL" in lines[0]
    else:
        assert remote == Remote("https://x.example", "t")
        assert lines == []


@pytest.mark.parametrize(("here", "there"), PAIRS)
@pytest.mark.parametrize("url", [{}, {"REMOTE_INGESTION_URL": " "}], ids=["missing", "blank"])
def test_without_a_url_differing_clouds_are_a_configuration_error(here, there, url):
    if here == there:
        assert validate(here, there, **url) == (None, [])
    else:
        with pytest.raises(ConfigurationError, match="REMOTE_INGESTION_URL"):
            validate(here, there, **url)


def test_a_crossing_without_a_token_is_a_configuration_error():
    with pytest.raises(ConfigurationError, match="INTER_CLOUD_TOKEN"):
        validate(AWS, GCP, REMOTE_INGESTION_URL="https://x.example")


def test_a_local_boundary_needs_no_token_and_never_shows_one():
    _, lines = validate(AWS, AWS, REMOTE_INGESTION_URL="https://x.example", INTER_CLOUD_TOKEN="s3cr3t")
    assert "s3cr3t" not in "".join(lines)
