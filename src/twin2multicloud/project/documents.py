"""The project's files as tables: every key, its shape, its meaning, its default. The one place to change a format.

Names are held to what TwinMaker, DTDL and the IoT services all take, so that a twin can move between clouds without
being renamed. Consistency between keys or files is in `device_checks` and `cross_checks`.
"""

from enum import StrEnum

import msgspec

from twin2multicloud.domain.clock_skew import Beyond, ClockSkew
from twin2multicloud.domain.device import (
    DataType,
    Device,
    DeviceType,
    Fault,
    FaultKind,
    Signal,
    SignalKind,
    Undeclared,
)
from twin2multicloud.domain.payload import PRESETS, Payload, PropertyPath
from twin2multicloud.domain.placement import Slot
from twin2multicloud.domain.twin import DashboardSource, Mode, Twin
from twin2multicloud.planning.clouds import known_clouds
from twin2multicloud.project.names import (
    DEVICE_ID,
    ENTITY_ID,
    ENTITY_NAME,
    ID_PATTERN,
    LABEL,
    NAME,
    PROCESSOR,
    TWIN_NAME,
    UNIT,
)
from twin2multicloud.project.placement_file import FOLLOWS, PROVIDERS_FILE, provider_key
from twin2multicloud.project.places import Json
from twin2multicloud.project.rule_shapes import RULE
from twin2multicloud.project.shapes import (
    AnyScalar,
    ByKey,
    Either,
    Field,
    Flag,
    Integer,
    ListOf,
    MapOf,
    Named,
    Number,
    Record,
    Shape,
    Tagged,
    Text,
    Word,
    may,
    need,
)

MOST_WINDOW_S = 20  # a device that posts its readings waits for the answer, and gives up after 30 s or so
MOST_DEVICES = 100_000
"""In one group; in the whole project there can be as many as there are entries."""

_ZONE = Text("[A-Za-z][A-Za-z0-9_+/-]{0,63}", "a time zone such as Europe/Berlin")
_MANAGEMENT_URL = Text(
    r"https://[A-Za-z0-9.-]+(:[0-9]+)?(/[A-Za-z0-9._~/-]*)?|http://(localhost|127\.0\.0\.1)(:[0-9]+)?(/[A-Za-z0-9._~/-]*)?",
    "an https URL without user, password and query (it is no secret); http on this machine only",
)
_SCHEMA_KEY = {"$schema": may(Text(r"[^\x00-\x1f\x7f]*", "a text"), "where an editor finds the JSON Schema")}


class Document(msgspec.Struct, frozen=True):
    """One file of a project."""

    file: str
    description: str
    shape: Record
    required: bool = True


def _words(enumeration: type[StrEnum]) -> Word:
    return Word(tuple(each.value for each in enumeration))


def _default(struct: type[msgspec.Struct], name: str) -> Json:
    return next(each.default for each in msgspec.structs.fields(struct) if each.name == name)


LENIENT, STRICT = "lenient", "strict"
_CLOCK_SKEW = Record(
    {
        "ahead_minutes": may(
            Number(0, 100_000), "how far a reading may be ahead of its arrival", _default(ClockSkew, "ahead_minutes")
        ),
        "oldest_days": may(Number(0, 100_000), "how old a reading may be at its arrival; left out: of any age"),
        "beyond": may(
            _words(Beyond),
            "what is done beyond: reject (to the dead letters) or arrival (taken under the time of arrival)",
            _default(ClockSkew, "beyond"),
        ),
    }
)
CONFIG = Document(
    "config.json",
    "What the twin is called and how long it keeps its readings.",
    Record(
        {
            **_SCHEMA_KEY,
            "name": need(TWIN_NAME, "the twin's name, part of the name of every resource"),
            "hot_retention_days": need(Integer(1, 36_500), "age in days at which a reading leaves the hot store"),
            "cold_retention_days": need(Integer(1, 36_500), "age in days at which it goes on to the archive"),
            "archive_retention_days": may(
                Integer(1, 36_500), "age in days at which it is deleted for good; left out: never"
            ),
            "mode": need(_words(Mode), "how talkative the functions are: debug or production"),
            "dashboard": may(_words(DashboardSource), "where dashboards read", _default(Twin, "dashboard")),
            "types": may(
                Word((LENIENT, STRICT)),
                "what a value of another type than declared does: it is left out (lenient), or its reading is "
                "dead-lettered (strict)",
                LENIENT,
            ),
            "clock_skew": may(_CLOCK_SKEW, "how far a device's clock may be off, and what is done beyond"),
            "time_zone": may(_ZONE, "the zone of devices that send local times", _default(Twin, "time_zone")),
            "batch_window": may(
                Integer(0, MOST_WINDOW_S),
                "seconds that a reading may wait for company at each hop on real clouds; 0: none",
                _default(Twin, "batch_window"),
            ),
            "management_url": may(_MANAGEMENT_URL, "where error events are posted to, beside the error tables"),
        }
    ),
)

_CLOUD = Word(known_clouds, aliases={"google": "gcp"})


def _slot(slot: Slot) -> Field:
    text = f"the cloud of {slot}, the {slot.label}"
    return may(_CLOUD, f"{text}; left out: that of {FOLLOWS[slot]}") if slot in FOLLOWS else need(_CLOUD, text)


PROVIDERS = Document(
    PROVIDERS_FILE,
    "Which cloud holds which slot.",
    Record({**_SCHEMA_KEY, **{provider_key(slot): _slot(slot) for slot in Slot}}),
)


def _of_signal(name: str, shape: Shape, description: str) -> dict[str, Field]:
    return {name: may(shape, description, _default(Signal, name))}


_LEVEL = _of_signal("mean", Number(), "the level that it keeps to")
_START = _of_signal("mean", Number(), "what the counter shows at the start")
_CHANCE = _of_signal("mean", Number(0, 1), "the probability of being on")
_DAY = {
    **_of_signal("amplitude", Number(0), "how far it goes up and down over the day"),
    **_of_signal("peak_hour", Number(0, 24), "the UTC hour of its daily maximum"),
}
_NOISE = _of_signal("noise", Number(0), "standard deviation of what chance adds")
_MEMORY = _of_signal("memory_hours", Number(0, 100_000), "how long chance remembers, in hours; 0: not at all")
_DRIFT = {
    **_of_signal("spread", Number(0), "standard deviation of the constant offset between devices of one type"),
    **_of_signal("drift_per_day", Number(), "how much it goes off in a day"),
}
_RANGE = {
    "minimum": may(Number(), "the least that the sensor can show"),
    "maximum": may(Number(), "the most that the sensor can show"),
    **_of_signal("decimals", Integer(0, 9), "decimal places of a DOUBLE"),
}
_RARELY = {
    "every_days": need(Number(0.01), "mean days between two faults"),
    "lasts_hours": may(Number(0.01), "mean hours that one lasts", _default(Fault, "lasts_hours")),
}
_SIZED = {**_RARELY, "size": need(Number(), "how far off, in the property's unit")}
_FAULT_SAYS = "what goes wrong: stuck, dropout, spike or drift"
_PLAIN_FAULTS = {FaultKind.STUCK.value: Record(_RARELY), FaultKind.DROPOUT.value: Record(_RARELY)}
_NUMBER_FAULTS = {**_PLAIN_FAULTS, FaultKind.SPIKE.value: Record(_SIZED), FaultKind.DRIFT.value: Record(_SIZED)}
_FAULTS = {"faults": may(ListOf(Tagged("kind", _FAULT_SAYS, _NUMBER_FAULTS)), "what goes wrong, and how often")}
_SIMPLE_FAULTS = {"faults": may(ListOf(Tagged("kind", _FAULT_SAYS, _PLAIN_FAULTS)), "what goes wrong, and how often")}
_VALUES = {"values": need(ListOf(AnyScalar(), minimum=1), "the values to choose from")}

_SIGNAL = Tagged(
    "kind",
    "the signal's shape: daily, walk, counter, switch or choice",
    {
        SignalKind.DAILY.value: Record({**_LEVEL, **_DAY, **_NOISE, **_MEMORY, **_DRIFT, **_RANGE, **_FAULTS}),
        SignalKind.WALK.value: Record({**_LEVEL, **_NOISE, **_MEMORY, **_DRIFT, **_RANGE, **_FAULTS}),
        SignalKind.COUNTER.value: Record(
            {
                **_START,
                **_of_signal("slope", Number(0), "by how much it rises in an hour"),
                **_DAY,
                **_NOISE,
                **_MEMORY,
                **_RANGE,
                **_FAULTS,
            }
        ),
        SignalKind.SWITCH.value: Record({**_CHANCE, **_DAY, **_MEMORY, **_SIMPLE_FAULTS}),
        SignalKind.CHOICE.value: Record({**_VALUES, **_MEMORY, **_SIMPLE_FAULTS}),
    },
    default=_default(Signal, "kind").value,
)

_PROPERTY = Record(
    {
        "name": need(NAME, "the property's name"),
        "data_type": need(_words(DataType), "the type of its values"),
        "unit": may(UNIT, "its unit, for people", ""),
        "initial": may(AnyScalar(), "its value before the first reading"),
        "constant": may(AnyScalar(), "a value that the device never sends"),
        "signal": may(Named("signal", lambda: _SIGNAL), "how t2mc simulate makes it up"),
    }
)
_PROPERTIES = need(ListOf(Named("property", lambda: _PROPERTY), minimum=1), "what the device measures")
_PROCESSOR = may(PROCESSOR, "the file in processors/ that every reading passes, without .py")
_UNDECLARED = may(
    _words(Undeclared),
    "what becomes of properties that are not declared: keep, drop, or reject (the reading, to the dead letters)",
    _default(DeviceType, "undeclared"),
)
_PATH = Text(r"[^\x00-\x1f\x7f]{1,256}", "a path such as ENERGY.Power, or $.received_at from the message's root")
_PROPERTY_PATH = Record(
    {
        "path": need(_PATH, "where the value is"),
        "scale": may(Number(), "what it is multiplied by", _default(PropertyPath, "scale")),
        "offset": may(Number(), "what is added then", _default(PropertyPath, "offset")),
        "optional": may(Flag(), "whether it may be missing", _default(PropertyPath, "optional")),
    }
)
FLAT = "flat"
_PAYLOAD = Either(
    Word((FLAT, *PRESETS)),
    Record(
        {
            "preset": may(Word(PRESETS), "the format; left out: mapping", "mapping"),
            "properties": may(MapOf(NAME, Either(_PATH, _PROPERTY_PATH)), "where properties are, by their name"),
            "each": may(_PATH, "mapping: the list of records"),
            "time": may(_PATH, "mapping: the time of a record; left out: that of arrival"),
            "values": may(_PATH, "mapping: the object with a record's values"),
            "columns": may(
                ListOf(Text("time|-|" + NAME.pattern, "time, a property or -"), minimum=1), "csv-line: columns"
            ),
            "delimiter": may(Text(r'[^"\r\n]', "one character"), "csv-line: separator", _default(Payload, "delimiter")),
            "gateway": may(Flag(), "thingsboard: messages name other devices", _default(Payload, "gateway")),
        }
    ),
)
_LEVEL_OF_TOPIC = r"(?:[A-Za-z0-9_.:@= -]+|\+|\{device\})"
TOPIC = Text(
    rf"(?!dt/|\+(/|$)){_LEVEL_OF_TOPIC}(?:/{_LEVEL_OF_TOPIC})*|\+(?:/{_LEVEL_OF_TOPIC})+",
    "a topic whose levels are words, + or {device}, not below dt/",
)
IGNORED_TOPIC = Text(
    rf"(?!dt/){_LEVEL_OF_TOPIC}(?:/{_LEVEL_OF_TOPIC})*(?:/#)?", "a topic whose levels are words or +, # at the end"
)
_TYPE = Record(
    {
        "properties": _PROPERTIES,
        "processor": _PROCESSOR,
        "undeclared": _UNDECLARED,
        "payload": may(_PAYLOAD, "how its messages are read; left out: flat telemetry", FLAT),
        "topics": may(ListOf(TOPIC), "further topics that its devices publish to, with the device's place in them"),
        "ignored_topics": may(ListOf(IGNORED_TOPIC), "topics that its devices publish to, taken and not read"),
    }
)
_ID = need(DEVICE_ID, "the device's id, as the cloud's IoT service knows it")
_GATEWAY = may(Flag(), "whether it publishes for every device of the twin", _default(Device, "gateway"))
_TYPED_DEVICE = Record({"id": _ID, "type": need(LABEL, "one of types"), "processor": _PROCESSOR, "gateway": _GATEWAY})
_INLINE_DEVICE = Record({"id": _ID, "properties": _PROPERTIES, "processor": _PROCESSOR, "undeclared": _UNDECLARED})
_GROUP = Record(
    {
        "name": need(LABEL, "the group's name"),
        "type": need(LABEL, "one of types"),
        "count": need(Integer(1, MOST_DEVICES), "how many devices"),
        "id_pattern": need(ID_PATTERN, "their ids, n running from 1"),
    }
)

DEVICES = Document(
    "config_iot_devices.json",
    "The devices: types, and what is of them, one by one or a group at a time.",
    Record(
        {
            **_SCHEMA_KEY,
            "types": may(MapOf(LABEL, _TYPE), "what devices of one kind have in common"),
            "devices": need(
                ListOf(
                    ByKey(
                        (
                            ("count", _GROUP),
                            ("id_pattern", _GROUP),
                            ("properties", _INLINE_DEVICE),
                            ("type", _TYPED_DEVICE),
                        )
                    ),
                    minimum=1,
                ),
                "devices, inline devices and device groups",
            ),
        }
    ),
)

_COMPONENT = Record(
    {
        "name": need(NAME, "the component's name, once in its entity"),
        "device": may(DEVICE_ID, "the device that feeds it"),
        "group": may(LABEL, "the group whose devices feed it, each as a component of its own"),
    },
    exactly_one=("device", "group"),
)
_ENTITY: Record = Record(
    {
        "id": need(ENTITY_ID, "the entity's id, once in the hierarchy"),
        "name": may(ENTITY_NAME, "its name, for people; left out: its id"),
        "components": may(ListOf(_COMPONENT), "what devices feed"),
        "children": may(ListOf(Named("entity", lambda: _ENTITY)), "the entities below it"),
    }
)
HIERARCHY = Document(
    "config_hierarchy.json",
    "What the devices are part of: houses, rooms, lines, machines.",
    Record({**_SCHEMA_KEY, "entities": need(ListOf(Named("entity", lambda: _ENTITY)), "the entities at the top")}),
)

EVENTS = Document(
    "config_events.json",
    "What to watch for in the readings, and what to do then.",
    Record(
        {
            **_SCHEMA_KEY,
            "enable_events": need(Flag(), "whether events are part of the twin"),
            "rules": may(ListOf(RULE), "the event rules"),
        }
    ),
    required=False,
)

TOKEN = Text("[A-Za-z0-9_-]{32,128}", "a token of 32 to 128 letters, digits, _ and -", secret=True)
INTER_CLOUD = Document(
    "config_inter_cloud.json",
    "Generated: the token between clouds and the endpoints' addresses. A secret: keep it out of version control.",
    Record(
        {
            **_SCHEMA_KEY,
            "token": need(TOKEN, "the secret that every endpoint asks for"),
            "endpoints": may(
                MapOf(Text("[A-Za-z0-9_.:-]{1,128}", "an endpoint's name"), Text(r"https?://[^\s]+", "a URL")),
                "where the endpoints are, by name",
            ),
        }
    ),
    required=False,
)

DOCUMENTS = (CONFIG, PROVIDERS, DEVICES, HIERARCHY, EVENTS, INTER_CLOUD)
"""Every file, in the order of findings."""
