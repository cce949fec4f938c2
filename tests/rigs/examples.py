"""Examples in docstrings and documents, run as doctests. Owns finding and running them; decides nothing about them."""

import doctest
import re
from pathlib import Path

import twin2multicloud

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "python_api.md"


def docstring_examples(name: str) -> list[doctest.DocTest]:
    """Of a public name and its members, with all public names at hand."""
    public = {each: getattr(twin2multicloud, each) for each in twin2multicloud.__all__}
    finder = doctest.DocTestFinder(exclude_empty=True)
    return [each for each in finder.find(public[name], name, globs=public) if each.examples]


def blocks(heading: str, language: str) -> list[str]:
    """The page's code blocks of a language under a heading."""
    (section,) = re.findall(rf"^## {re.escape(heading)}$(.*?)(?=^## |\Z)", PAGE.read_text("utf-8"), re.M | re.S)
    return re.findall(rf"^```{language}$(.*?)^```$", section, re.M | re.S)


def page_examples(heading: str) -> doctest.DocTest:
    """All examples under a heading of the page, as one: later ones use names of earlier ones."""
    text = "\n".join(blocks(heading, "pycon"))
    found = doctest.DocTestParser().get_doctest(text, {}, heading, str(PAGE), 0)
    assert found.examples, f"no example under {heading}"
    return found


def run(example: doctest.DocTest) -> None:
    """Raises doctest.DocTestFailure or UnexpectedException with the example that does not hold."""
    doctest.DebugRunner(optionflags=doctest.ELLIPSIS).run(example)
