"""Which modules a function's bundle has, and their code without commentary."""

import ast
from pathlib import Path

import pytest

from tests.rigs.clouds import ALL, AWS
from twin2multicloud.domain.errors import TwinError
from twin2multicloud.packaging.sources import PACKAGE, imported, shipped_modules, sources, without_commentary

SOURCE = Path(__file__).parents[3] / "src" / PACKAGE


class TestSources:
    @pytest.mark.parametrize("cloud", ALL)
    def test_code_without_commentary_is_the_same_code_on_the_same_lines(self, cloud):
        for path, stripped in sources(shipped_modules(cloud)).items():
            before = ast.parse((SOURCE.parent / path).read_bytes())
            assert ast.dump(_silent(before)) == ast.dump(_silent(ast.parse(stripped))), path
            assert _lines(before) == _lines(ast.parse(stripped)), path

    @pytest.mark.parametrize(
        ("source", "expected"),
        [
            ('"""Doc."""\nx = 1  # why\n', '""\nx = 1\n'),
            ('def f():\n    """One.\n\n    Two.\n    """\n\n\n# end', 'def f():\n    ""\n\n\n\n\n\n'),
            ('x = "# not a comment"  # ☃ "', 'x = "# not a comment"'),
            ('class A: "ü"; y = 2', 'class A: ""; y = 2'),
            ('x = """a  \n# b  \n"""\n', 'x = """a  \n# b  \n"""\n'),
            ("x = '\u2028'\n", "x = '\u2028'\n"),
        ],
    )
    def test_comments_and_docstrings(self, source, expected):
        assert without_commentary(source) == expected

    def test_type_checkers_imports_and_strings_are_no_imports(self):
        tree = ast.parse(
            "from typing import TYPE_CHECKING\nimport a.b\nif TYPE_CHECKING:\n    import c\nelse:\n    import d\n"
            "def f():\n    from e import g\n'import h'\n"
        )
        assert imported(tree) == {"typing", "typing.TYPE_CHECKING", "a.b", "d", "e", "e.g"}

    @pytest.mark.parametrize("found", ["twin2multicloud.planning.planner", "twin2multicloud.clouds.gcp.entrypoint"])
    def test_code_that_must_not_ship_is_refused(self, tmp_path, found):
        package = tmp_path / PACKAGE
        for folder in ("", "clouds", "clouds/aws", "clouds/gcp", "planning"):
            (package / folder).mkdir(parents=True)
            (package / folder / "__init__.py").touch()
        for module in ("planning/planner", "clouds/gcp/entrypoint"):
            (package / f"{module}.py").touch()
        (package / "clouds" / "aws" / "wiring.py").write_text(f"def handler():\n    import {found}\n")
        with pytest.raises(TwinError, match=r"AWS would contain"):
            shipped_modules(AWS, package=package)


def _silent(tree: ast.Module) -> ast.Module:
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            node.value = ast.Constant(...)
    return tree


def _lines(tree: ast.Module) -> list[tuple[str, int]]:
    return [(type(node).__name__, node.lineno) for node in ast.walk(tree) if isinstance(node, ast.stmt)]
