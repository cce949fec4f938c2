"""A disk that takes nothing: what cannot be written, and what works meanwhile, instead of an errno."""

import errno
import os
from pathlib import Path

import pytest

from twin2multicloud.cli.app import _report


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS, errno.EACCES])
def test_what_cannot_be_written_is_said(number: int, capsys: pytest.CaptureFixture[str]) -> None:
    assert _report(OSError(number, os.strerror(number), "/p/.t2mc/deployment.json")) == 1
    said = capsys.readouterr().err
    assert "/p/.t2mc/deployment.json cannot be written" in said
    assert "Errno" not in said
    assert "validate, plan and down work meanwhile" in " ".join(said.split())


def test_other_errors_of_the_system_are_said_as_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    assert _report(FileNotFoundError(errno.ENOENT, "No such file or directory", str(Path("x.csv")))) == 1
    assert "x.csv" in capsys.readouterr().err
