"""`t2mc init` writes a project that loads, or nothing."""

import json
from pathlib import Path

import pytest

from twin2multicloud.domain.errors import ConfigurationError
from twin2multicloud.project.loader import load_project
from twin2multicloud.project.templates import template_folder, template_names, write_template


def test_the_templates_are_the_examples():
    examples = Path(__file__).parents[3] / "examples"

    assert template_names() == ("factory", "room-climate", "single-cloud", "smart-home", "wind-farm")
    assert {path.name for path in template_folder().iterdir() if path.is_dir()} == {
        path.name for path in examples.iterdir() if path.is_dir()
    }


@pytest.mark.parametrize("name", template_names())
def test_a_template_becomes_a_project_called_after_its_folder(tmp_path, name):
    folder = tmp_path / "deep" / "My Twin_2"

    write_template(name, folder)

    assert load_project(folder).twin.name == "my-twin-2"
    assert (folder / "README.md").is_file()
    assert "config_inter_cloud.json" in (folder / ".gitignore").read_text()
    assert [path.name for path in folder.parent.iterdir()] == ["My Twin_2"]


@pytest.mark.parametrize(
    ("folder", "twin"),
    [("plant", "plant"), ("a-very-long-folder-name", "a-very-long-fol"), ("2nd", "factory"), ("x", "factory")],
)
def test_a_folder_that_is_no_name_for_a_twin_is_shortened_or_left(tmp_path, folder, twin):
    write_template("factory", tmp_path / folder)

    assert json.loads((tmp_path / folder / "config.json").read_text())["name"] == twin


def test_an_empty_folder_will_do(tmp_path):
    write_template("smart-home", tmp_path / "new", twin_name="home-7")
    (tmp_path / "empty").mkdir()
    write_template("smart-home", tmp_path / "empty")

    assert load_project(tmp_path / "new").twin.name == "home-7"
    assert load_project(tmp_path / "empty").twin.name == "empty"


def test_the_folder_one_stands_in_is_filled_and_not_replaced(tmp_path, monkeypatch):
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")

    write_template("factory", Path())

    assert load_project(Path.cwd()).twin.name == "here"
    assert {path.name for path in Path.cwd().iterdir()} == {
        path.name for path in (template_folder() / "factory").iterdir()
    }


def test_the_rest_of_the_config_is_the_templates(tmp_path):
    write_template("single-cloud", tmp_path / "new", twin_name="greenhouse")

    for name in ("config.json", "config_iot_devices.json", "README.md"):
        assert (tmp_path / "new" / name).read_bytes() == (template_folder() / "single-cloud" / name).read_bytes()


def test_a_folder_in_use_is_refused_and_untouched(tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    (tmp_path / "file").write_text("mine too")

    for folder in (tmp_path, tmp_path / "file"):
        with pytest.raises(ConfigurationError, match=r"is not empty; a new project needs an empty or new folder$"):
            write_template("factory", folder)

    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "notes.txt"]


def test_an_unknown_template_and_an_impossible_name_are_refused(tmp_path):
    with pytest.raises(ConfigurationError, match=r'no template "smart-hom".*did you mean "smart-home"\?$'):
        write_template("smart-hom", tmp_path / "new")
    with pytest.raises(ConfigurationError, match=r'invalid twin name "Not This"'):
        write_template("factory", tmp_path / "new", twin_name="Not This")

    assert list(tmp_path.iterdir()) == []
