"""What processors import, held against the runtime; what requirements.txt may say; files beside the processors."""

from pathlib import Path

import pytest
from tests.rigs.clouds import AWS
from tests.rigs.running_twin import write_project

from twin2multicloud.domain.errors import ConfigurationError
from twin2multicloud.domain.placement import Placement
from twin2multicloud.packaging.build import package
from twin2multicloud.project.imports import import_problems, requirements_of
from twin2multicloud.project.loader import load_project
from twin2multicloud.project.processors import find_data

PROCESS = "def process(telemetry):\n    return telemetry\n"


def problems(source: str, *requirements: str) -> list[str]:
    return list(import_problems({"one": source.encode()}, requirements))


@pytest.mark.parametrize(
    "source",
    [
        "import json, os.path\nfrom collections import abc",
        "import msgspec",
        "try:\n    import numpy\nexcept ImportError:\n    numpy = None",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import numpy",
        "not Python at all (",
    ],
)
def test_what_functions_have_may_be_imported(source: str) -> None:
    assert problems(source) == []


@pytest.mark.parametrize(
    ("source", "why"),
    [
        ("import numpy", "line 1: import numpy fails where functions run: it is not in the standard library"),
        ("x = 1\nfrom numpy.linalg import norm", "line 2: import numpy fails"),
        ("def process(t):\n    import pandas.io", "line 2: import pandas fails"),
        ("import distutils.util", "Python 3.13 has it no more"),
        ("import cgi", "Python 3.13 has it no more"),
        ("from . import other", "a processor is a file of its own"),
    ],
)
def test_what_functions_lack_is_named_with_its_line(source: str, why: str) -> None:
    (found,) = problems(source)
    assert found.startswith("processors/one.py: line ")
    assert why in found


def test_requirements_bring_modules_of_their_name_or_of_what_is_installed() -> None:
    assert problems("import numpy", "numpy==2.2.6") == []
    assert problems("import paho.mqtt", "paho-mqtt>=2") == []  # installed here, and brings `paho`
    assert problems("import yaml", "a-distribution-nobody-has==1") == [], "it may bring any module"
    assert len(problems("import numpy", "paho-mqtt>=2")) == 1, "that one is known, and does not bring it"


def test_requirements_are_distributions_and_versions(tmp_path: Path) -> None:
    file = tmp_path / "requirements.txt"
    assert requirements_of(tmp_path) == ()
    file.write_text(
        "# what calibrate needs\nnumpy==2.2.6  # arrays\n\nscipy[extra] >=1, <2\nsimple\n", encoding="utf-8"
    )
    assert requirements_of(tmp_path) == ("numpy==2.2.6", "scipy[extra] >=1, <2", "simple")
    for line in ("-r other.txt", "--index-url https://example.org", "a @ https://example.org/a.whl", "./local"):
        file.write_text(line, encoding="utf-8")
        with pytest.raises(ConfigurationError, match=r"requirements.txt: found .*expected a distribution"):
            requirements_of(tmp_path)


def project_with(folder: Path, source: str) -> Path:
    types = {"all": {"properties": [{"name": "n", "data_type": "LONG"}], "processor": "one"}}
    devices = {"types": types, "devices": [{"id": "d1", "type": "all"}]}
    write_project(folder, Placement.single(AWS), config_iot_devices=devices)
    (folder / "processors").mkdir()
    (folder / "processors" / "one.py").write_text(source, encoding="utf-8")
    return folder


def test_a_project_is_told_and_cannot_be_packaged(tmp_path: Path) -> None:
    project = load_project(project_with(tmp_path, f"import numpy\n{PROCESS}"))
    (note,) = (each for each in project.notes if "numpy" in each)
    with pytest.raises(ConfigurationError, match=r"import numpy fails where functions run") as refused:
        package(project)
    assert str(refused.value) == note


def test_files_beside_the_processors_ship_with_them_and_nowhere_else(tmp_path: Path) -> None:
    folder = project_with(tmp_path, PROCESS)
    for name in ("curve.csv", "models/pump.json", ".hidden", "__pycache__/one.pyc", "models/.DS_Store"):
        (folder / "processors" / name).parent.mkdir(exist_ok=True)
        (folder / "processors" / name).write_text(name, encoding="utf-8")
    assert sorted(find_data(folder)) == ["curve.csv", "models/pump.json"]
    made = {each.function: each.files for each in package(load_project(folder))}
    assert made["processor"]["processors/curve.csv"] == b"curve.csv"
    assert made["processor"]["processors/models/pump.json"] == b"models/pump.json"
    assert [name for name, files in made.items() if "processors/curve.csv" in files] == ["processor"]
