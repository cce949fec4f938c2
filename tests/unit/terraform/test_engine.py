"""Which engine is taken. What an engine does is in tests/functional/test_terraform.py, with a real one."""

import pytest

from twin2multicloud.domain.errors import ConfigurationError
from twin2multicloud.terraform.engine import Changes, EngineError, find_engine


@pytest.fixture
def programs(tmp_path):
    def make(*names):
        for name in names:
            path = tmp_path / name
            path.write_text("#!/bin/sh\n")
            path.chmod(0o755)
        return {"PATH": str(tmp_path)}

    return make


def test_tofu_comes_before_terraform(programs):
    assert find_engine(programs("tofu", "terraform"))[0].endswith("/tofu")
    assert find_engine({**programs(), "T2MC_ENGINE": "terraform"})[0].endswith("/terraform")


def test_a_named_engine_that_is_not_there_is_not_replaced(programs):
    with pytest.raises(ConfigurationError, match="T2MC_ENGINE names 'tofuu'"):
        find_engine({**programs("terraform"), "T2MC_ENGINE": "tofuu"})


def test_an_error_is_one_sentence_and_holds_the_others():
    error = EngineError("apply", ["no quota", "no rights", "no luck"])
    assert str(error) == "apply failed: no quota (and 2 more)"
    assert error.errors == ("no quota", "no rights", "no luck")


def test_no_changes_are_nothing_to_do():
    assert not Changes()
    assert Changes(remove=1)
