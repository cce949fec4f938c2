"""Shapes: what a JSON value may look like, as data. `walk` finds flaws by them; JSON Schemas are made of them.

Both read one declaration, so they cannot disagree. Owns the kinds of shape; knows no project file.
"""

from collections.abc import Callable, Mapping

import msgspec

from twin2multicloud.project.places import Json


class Text(msgspec.Struct, frozen=True):
    """A text that matches a pattern from end to end. What stands where a `secret` should is never shown."""

    pattern: str
    expected: str
    secret: bool = False


class Word(msgspec.Struct, frozen=True):
    """One of a few words. An alias is read as its word."""

    choices: tuple[str, ...] | Callable[[], tuple[str, ...]]
    aliases: Mapping[str, str] = {}

    @property
    def words(self) -> tuple[str, ...]:
        """The words; those that only a look-up knows are looked up when a value is read."""
        return self.choices if isinstance(self.choices, tuple) else self.choices()


class Integer(msgspec.Struct, frozen=True):
    """A whole number within bounds, both included. As in JSON Schema, 7.0 is one."""

    minimum: int
    maximum: int


HUGE = 1e15
"""The bound of numbers without their own: a simulated sum of a few of them stays finite."""


class Number(msgspec.Struct, frozen=True):
    """A number within bounds, both included."""

    minimum: float = -HUGE
    maximum: float = HUGE


class Flag(msgspec.Struct, frozen=True):
    """True or false."""


class AnyScalar(msgspec.Struct, frozen=True):
    """A text, a number, true or false: the value of some property, whose type is checked where it is known."""


class ListOf(msgspec.Struct, frozen=True):
    """A list of items of one shape."""

    item: "Shape"
    minimum: int = 0


class MapOf(msgspec.Struct, frozen=True):
    """An object whose keys are names and whose values have one shape."""

    key: Text
    item: "Shape"


class Field(msgspec.Struct, frozen=True):
    """One key of a record: its shape, what it means, and what holds where it is left out."""

    shape: "Shape"
    description: str
    required: bool = False
    default: Json = msgspec.UNSET


class Record(msgspec.Struct, frozen=True):
    """An object with known keys. Of the keys in `exactly_one`, one and only one is there."""

    fields: Mapping[str, Field]
    exactly_one: tuple[str, ...] = ()


class Tagged(msgspec.Struct, frozen=True):
    """A record whose further keys depend on the word under `tag`. Without it, `default` holds where there is one."""

    tag: str
    description: str
    cases: Mapping[str, Record]
    default: str | None = None

    def case(self, word: str) -> Record:
        """The record for one word, its tag included."""
        tag = Field(Word((word,)), self.description, required=word != self.default)
        return Record({self.tag: tag, **self.cases[word].fields})


class ByKey(msgspec.Struct, frozen=True):
    """One of several records: the first whose telling key is there, else the last."""

    cases: tuple[tuple[str, Record], ...]


class Either(msgspec.Struct, frozen=True):
    """A word or text, or a record that says more."""

    short: Text | Word
    record: Record


class Named(msgspec.Struct, frozen=True):
    """A shape with its own name in the schema; `resolve` is lazy, so that a shape can be recursive."""

    name: str
    resolve: Callable[[], "Shape"]


Shape = Text | Word | Integer | Number | Flag | AnyScalar | ListOf | MapOf | Record | Tagged | ByKey | Either | Named
"""What a JSON value may look like."""


def need(shape: Shape, description: str) -> Field:
    """A key that has to be there."""
    return Field(shape, description, required=True)


def may(shape: Shape, description: str, default: Json = msgspec.UNSET) -> Field:
    """A key that can be left out."""
    return Field(shape, description, default=default)
