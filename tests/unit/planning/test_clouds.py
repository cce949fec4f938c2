"""Which clouds there are: the registered ones, ours among them, and one clear sentence for any other."""

import pytest

from tests.rigs.clouds import ALL, GCP
from twin2multicloud.domain.errors import ConfigurationError
from twin2multicloud.domain.placement import Cloud
from twin2multicloud.planning import clouds
from twin2multicloud.planning.clouds import known_cloud, label_of, pack


def test_ours_are_registered() -> None:
    assert set(ALL) <= set(clouds.known_clouds())
    assert [label_of(each) for each in ALL] == ["AWS", "Azure", "Google Cloud"]
    assert known_cloud("Google") == GCP


@pytest.mark.parametrize("word", ["asure", "no cloud"])
def test_another_name_is_refused_with_what_was_expected(word: str) -> None:
    with pytest.raises(ConfigurationError, match=f"{word!r} is unknown, expected aws, azure or gcp"):
        known_cloud(word)
    with pytest.raises(ConfigurationError, match="did you mean azure"):
        pack(Cloud("asure"))


def test_an_installation_without_entry_points_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clouds, "GROUP", "nobody.registers.this")
    with pytest.raises(ConfigurationError, match="install twin2multicloud again"):
        clouds.known_clouds.__wrapped__()
