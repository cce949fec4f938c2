"""Names that a cloud would refuse are said before anything is made."""

import pytest
from tests.rigs.clouds import AWS, AZURE, GCP
from tests.rigs.twins import twin

from twin2multicloud.domain.errors import ConfigurationError
from twin2multicloud.domain.placement import Cloud, Placement
from twin2multicloud.project.loader import Project
from twin2multicloud.project.notes import notes_on
from twin2multicloud.project.processors import find_processors
from twin2multicloud.terraform.rollout import Options, Rollout

CHOSEN = Options(variables={"gcp_project": "a-project"})


@pytest.mark.parametrize(
    ("name", "cloud", "label"),
    [
        ("google-home", GCP, "Google Cloud"),
        ("goog-1", GCP, "Google Cloud"),
        ("microsoft-lab", AZURE, "Azure"),
        ("login-app", AZURE, "Azure"),
        ("my-windows", AZURE, "Azure"),
        ("sthree-mill", AWS, "AWS"),
    ],
)
def test_a_reserved_word_is_noted_and_not_deployed(tmp_path, name: str, cloud: Cloud, label: str) -> None:
    found = twin(Placement.single(cloud), name=name)
    assert any(label in note for note in notes_on(found, []))
    project = Project(folder=tmp_path, twin=found, notes=(), processors={})
    with pytest.raises(ConfigurationError, match=f"config.json: name: '{name}' has a word that {label} reserves"):
        Rollout(project, CHOSEN)


@pytest.mark.parametrize(("name", "cloud"), [("google-home", AWS), ("a-login-app", AZURE), ("mill", GCP)])
def test_other_clouds_and_other_places_take_it(tmp_path, name: str, cloud: Cloud) -> None:
    found = twin(Placement.single(cloud), name=name)
    assert not any("reserves" in note for note in notes_on(found, []))
    Rollout(Project(folder=tmp_path, twin=found, notes=(), processors={}), CHOSEN)


def test_what_finder_and_editors_leave_is_no_processor(tmp_path) -> None:
    folder = tmp_path / "processors"
    folder.mkdir()
    (folder / "calibrate.py").write_text("def process(telemetry):\n    return telemetry\n", encoding="utf-8")
    (folder / "._calibrate.py").write_bytes(b"\x00\x05\x16\x07")
    (folder / ".#calibrate.py").symlink_to("somebody@somewhere.1")
    problems: list[object] = []
    assert list(find_processors(tmp_path, problems.append)) == ["calibrate"]
    assert problems == []
