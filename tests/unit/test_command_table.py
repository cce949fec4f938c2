"""The table of commands says what the commands say of themselves, and listing it imports none of them."""

import subprocess
import sys

import pytest

from twin2multicloud.cli.commands import COMMANDS, load


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_is_listed_with_the_first_line_of_its_own_help(name: str) -> None:
    assert COMMANDS[name].help == load(name).help.split("\n\n")[0]


def test_the_help_and_the_version_import_no_command() -> None:
    told = "import sys; from twin2multicloud.cli.app import app; app(sys.argv[1:], standalone_mode=False)"
    seen = "; print(*sorted(each for each in sys.modules if each.startswith('twin2multicloud.')))"
    for option in ("--help", "--version"):
        done = subprocess.run(
            [sys.executable, "-c", told + seen, option], capture_output=True, text=True, check=True, timeout=60
        )
        imported = set(done.stdout.splitlines()[-1].split())
        assert imported <= {
            "twin2multicloud.cli",
            "twin2multicloud.cli.app",
            "twin2multicloud.cli.commands",
            "twin2multicloud.domain",
            "twin2multicloud.domain.errors",
        }
