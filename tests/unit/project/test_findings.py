"""What is wrong with a project is said in one sentence each: file, path, what was found, what was expected, a hint."""

import json

import pytest

DEVICES = "config_iot_devices.json"
HIERARCHY = "config_hierarchy.json"
EVENTS = "config_events.json"
PROVIDERS = "config_providers.json"


def _first_property(devices):
    return devices["types"]["vibration-sensor"]["properties"][0]


SPOILT = {
    "unknown cloud": (
        PROVIDERS,
        lambda it: it.update(layer_2_provider="azur"),
        'config_providers.json: layer_2_provider: found "azur", expected one of aws, azure, gcp; did you mean "azure"?',
    ),
    "cloud in capitals": (
        PROVIDERS,
        lambda it: it.update(layer_2_provider="AWS"),
        'config_providers.json: layer_2_provider: found "AWS", expected one of aws, azure, gcp; did you mean "aws"?',
    ),
    "null is not nothing": (
        PROVIDERS,
        lambda it: it.update(layer_5_provider=None),
        "config_providers.json: layer_5_provider: found null, expected one of aws, azure, gcp",
    ),
    "missing key": (
        PROVIDERS,
        lambda it: it.pop("layer_1_provider"),
        "config_providers.json: layer_1_provider: found nothing, expected the cloud of L1, the acquisition",
    ),
    "unknown key": (
        "config.json",
        lambda it: it.update(dashbord="twin"),
        "config.json: dashbord: found an unknown key, expected one of name, hot_retention_days, "
        "cold_retention_days, archive_retention_days, mode, dashboard",
    ),
    "bad twin name": (
        "config.json",
        lambda it: it.update(name="My Factory"),
        'config.json: name: found "My Factory", expected 2 to 15 lower-case letters, digits and dashes, '
        "starting with a letter",
    ),
    "half a character": (
        "config.json",
        lambda it: it.update(name="\ud800"),
        'config.json: name: found "\\ud800", expected 2 to 15 lower-case letters, digits and dashes, '
        "starting with a letter",
    ),
    "true is not a number": (
        "config.json",
        lambda it: it.update(hot_retention_days=True),
        "config.json: hot_retention_days: found true, expected a whole number from 1 to 36500",
    ),
    "cold before hot": (
        "config.json",
        lambda it: it.update(cold_retention_days=2),
        "config.json: cold_retention_days: found 2, expected at least hot_retention_days, 3, because both are "
        "the age of a reading",
    ),
    "archive not after cold": (
        "config.json",
        lambda it: it.update(archive_retention_days=it["cold_retention_days"]),
        "config.json: archive_retention_days: found 365, expected more than cold_retention_days, 365, because both are "
        "the age of a reading",
    ),
    "clock beyond": (
        "config.json",
        lambda it: it.update(clock_skew={"beyond": "arival"}),
        'config.json: clock_skew.beyond: found "arival", expected one of reject, arrival; did you mean "arrival"?',
    ),
    "clock ahead": (
        "config.json",
        lambda it: it.update(clock_skew={"ahead_minutes": -1}),
        "config.json: clock_skew.ahead_minutes: found -1, expected a number from 0 to 100000",
    ),
    "clock key": (
        "config.json",
        lambda it: it.update(clock_skew={"ahead_minute": 1}),
        "config.json: clock_skew.ahead_minute: found an unknown key, expected one of ahead_minutes, oldest_days, "
        'beyond; did you mean "ahead_minutes"?',
    ),
    "types held": (
        "config.json",
        lambda it: it.update(types="strikt"),
        'config.json: types: found "strikt", expected one of lenient, strict; did you mean "strict"?',
    ),
    "undeclared": (
        DEVICES,
        lambda it: it["types"]["vibration-sensor"].update(undeclared="kep"),
        f'{DEVICES}: types.vibration-sensor.undeclared: found "kep", expected one of keep, drop, reject; did you mean',
    ),
    "wrong type": (DEVICES, lambda it: it.update(types=[]), f"{DEVICES}: types: found a list, expected an object"),
    "no devices": (DEVICES, lambda it: it.update(devices=[]), f"{DEVICES}: devices: found a list of 0, expected"),
    "data type": (
        DEVICES,
        lambda it: _first_property(it).update(data_type="FLOAT"),
        f'{DEVICES}: types.vibration-sensor.properties[0].data_type: found "FLOAT", expected one of STRING, DOUBLE, '
        "INTEGER, LONG, BOOLEAN",
    ),
    "reserved property": (
        DEVICES,
        lambda it: _first_property(it).update(name="ts"),
        f'{DEVICES}: types.vibration-sensor.properties[0].name: found the reserved name "ts"',
    ),
    "property twice": (
        DEVICES,
        lambda it: _first_property(it).update(name="warming_up"),
        f'{DEVICES}: types.vibration-sensor.properties[3].name: found "warming_up" for the second time',
    ),
    "initial of another type": (
        DEVICES,
        lambda it: _first_property(it).update(initial="much"),
        f'{DEVICES}: types.vibration-sensor.properties[0].initial: found "much", expected a value of type DOUBLE',
    ),
    "constant with a signal": (
        DEVICES,
        lambda it: _first_property(it).update(constant=3),
        f"{DEVICES}: types.vibration-sensor.properties[0].signal: found a signal, expected none, because a constant",
    ),
    "signal for another type": (
        DEVICES,
        lambda it: _first_property(it).update(signal={"kind": "switch"}),
        f"{DEVICES}: types.vibration-sensor.properties[0].signal.kind: found switch for a DOUBLE, expected one of "
        "daily, walk, counter, choice",
    ),
    "key of another signal": (
        DEVICES,
        lambda it: _first_property(it).update(signal={"kind": "walk", "amplitude": 2}),
        f"{DEVICES}: types.vibration-sensor.properties[0].signal.amplitude: found an unknown key",
    ),
    "choice of another type": (
        DEVICES,
        lambda it: _first_property(it).update(signal={"kind": "choice", "values": [1, "2"]}),
        f'{DEVICES}: types.vibration-sensor.properties[0].signal.values[1]: found "2", expected a value of type DOUBLE',
    ),
    "range upside down": (
        DEVICES,
        lambda it: _first_property(it)["signal"].update(minimum=60),
        f"{DEVICES}: types.vibration-sensor.properties[0].signal.maximum: found 50.0, expected at least the minimum",
    ),
    "unknown type": (
        DEVICES,
        lambda it: it["devices"][0].update(type="vibration-sensors"),
        f'{DEVICES}: devices[0].type: found "vibration-sensors", expected the name of one of types; '
        'did you mean "vibration-sensor"?',
    ),
    "unknown processor": (
        DEVICES,
        lambda it: it["types"]["vibration-sensor"].update(processor="calibrat"),
        f'{DEVICES}: types.vibration-sensor.processor: found "calibrat", expected a file processors/calibrat.py; '
        'did you mean "calibrate"?',
    ),
    "id twice": (
        DEVICES,
        lambda it: it["devices"][5].update(id="hall-energy"),
        f'{DEVICES}: devices[5].id: found the id "hall-energy" of devices[4], expected each id once',
    ),
    "id of a group": (
        DEVICES,
        lambda it: it["devices"][5].update(id="shelf-199"),
        f'{DEVICES}: devices[5].id: found the id "shelf-199" of group "shelves", expected each id once',
    ),
    "groups that overlap": (
        DEVICES,
        lambda it: it["devices"][1].update(id_pattern="line-1-vib-{n}"),
        f'{DEVICES}: devices[1].id_pattern: found the id "line-1-vib-10" of group "line-1-vibration", expected each',
    ),
    "group name twice": (
        DEVICES,
        lambda it: it["devices"][1].update(name="shelves"),
        f'{DEVICES}: devices[3].name: found "shelves" for the second time, expected each group\'s name once',
    ),
    "group too large": (
        DEVICES,
        lambda it: it["devices"][1].update(count=100_001),
        f"{DEVICES}: devices[1].count: found 100001, expected a whole number from 1 to 100000",
    ),
    "ids too long": (
        DEVICES,
        lambda it: it["devices"][1].update(id_pattern="x" * 60 + "{n}" + "y" * 67),
        f"{DEVICES}: devices[1].id_pattern: found ids of 129 characters, expected at most 128",
    ),
    "pattern without a number": (
        DEVICES,
        lambda it: it["devices"][1].update(id_pattern="shelf"),
        f'{DEVICES}: devices[1].id_pattern: found "shelf", expected letters, digits and _ : - around one {{n}}',
    ),
    "inline device called like a type": (
        DEVICES,
        lambda it: it["devices"][5].update(id="shelf-sensor"),
        f'{DEVICES}: devices[5].id: found the id "shelf-sensor", which is also a type\'s name',
    ),
    "unknown device in the hierarchy": (
        HIERARCHY,
        lambda it: it["entities"][0]["components"][0].update(device="hal-energy"),
        f'{HIERARCHY}: entities[0].components[0].device: found "hal-energy", expected a device of the device file; '
        'did you mean "hall-energy"?',
    ),
    "a group as a device": (
        HIERARCHY,
        lambda it: it["entities"][0]["components"][0].update(device="shelves"),
        f'{HIERARCHY}: entities[0].components[0].device: found "shelves", expected a device of the device file; '
        'write "group": "shelves" for a whole group',
    ),
    "a device as a group": (
        HIERARCHY,
        lambda it: it["entities"][0]["children"][0]["components"][0].update(group="press-1"),
        f'{HIERARCHY}: entities[0].children[0].components[0].group: found "press-1", expected a group of the device '
        'file; write "device": "press-1" for a single device',
    ),
    "both device and group": (
        HIERARCHY,
        lambda it: it["entities"][0]["components"][0].update(group="shelves"),
        f"{HIERARCHY}: entities[0].components[0]: found device and group, expected exactly one of device, group",
    ),
    "neither device nor group": (
        HIERARCHY,
        lambda it: it["entities"][0]["components"][0].pop("device"),
        f"{HIERARCHY}: entities[0].components[0]: found neither, expected exactly one of device, group",
    ),
    "entity twice": (
        HIERARCHY,
        lambda it: it["entities"][0]["children"][1].update(id="line-1"),
        f'{HIERARCHY}: entities[0].children[1].id: found "line-1" for the second time, expected each entity once',
    ),
    "component twice": (
        HIERARCHY,
        lambda it: it["entities"][0]["children"][0]["components"][1].update(name="vibration"),
        f'{HIERARCHY}: entities[0].children[0].components[1].name: found "vibration" for the second time',
    ),
    "unknown property in a rule": (
        EVENTS,
        lambda it: it["rules"][0].update(property="velocty"),
        f'{EVENTS}: rules[0].property: found "velocty", expected a property of "line-1-vibration"; '
        'did you mean "velocity"?',
    ),
    "threshold of another type": (
        EVENTS,
        lambda it: it["rules"][0].update(threshold="high"),
        f'{EVENTS}: rules[0].threshold: found "high", expected a value to hold a DOUBLE against',
    ),
    "order of texts": (
        EVENTS,
        lambda it: it["rules"][2].update(property="state", threshold="idle"),
        f'{EVENTS}: rules[2].comparison: found "<", expected == or != for a STRING',
    ),
    "payload of a function": (
        EVENTS,
        lambda it: it["rules"][2]["action"].update(payload={}),
        f"{EVENTS}: rules[2].action.payload: found an unknown key, expected one of kind, name",
    ),
    "feedback to nobody": (
        EVENTS,
        lambda it: it["rules"][0]["action"].update(device="line-1-vib-13"),
        f'{EVENTS}: rules[0].action.device: found "line-1-vib-13", expected a device of the device file; did you mean',
    ),
    "rule twice": (
        EVENTS,
        lambda it: it["rules"][1].update(name="line-1-shaking"),
        f'{EVENTS}: rules[1].name: found "line-1-shaking" for the second time, expected each rule once',
    ),
    "rule for everyone": (
        EVENTS,
        lambda it: it["rules"][0].pop("group"),
        f"{EVENTS}: rules[0]: found neither, expected exactly one of device, group",
    ),
}


@pytest.mark.parametrize(("file", "spoil", "says"), SPOILT.values(), ids=SPOILT)
def test_one_flaw_is_one_sentence(edit, messages, file, spoil, says):
    edit(file, spoil)

    found = messages()

    assert len(found) >= 1
    assert any(sentence.startswith(says) for sentence in found), found
    assert all("\n" not in sentence for sentence in found)


RAW = {
    "malformed": ("config.json", b'{"name": "x",}', "config.json: found malformed JSON at line 1, column"),
    "empty": ("config.json", b"", "config.json: found malformed JSON at line 1, column 1"),
    "not UTF-8": ("config.json", b'{"name": "\xff"}', "config.json: found a byte that is not UTF-8 at offset 10"),
    "NaN": ("config.json", b'{"name": NaN}', "config.json: found a number that JSON does not have (NaN)"),
    "endless digits": ("config.json", b'{"name": ' + b"9" * 5000 + b"}", "config.json: found a number that JSON does"),
    "too large a number": (
        "config.json",
        b'{"name": 1e999}',
        "config.json: name: found inf, expected 2 to 15 lower-case letters",
    ),
    "deep": (HIERARCHY, b"[" * 100_000, f"{HIERARCHY}: found JSON nested too deeply, expected at most twenty levels"),
    "a list": ("config.json", b"[]", "config.json: found a list, expected an object"),
    "key twice": (EVENTS, b'{"rules": [], "rules": []}', f'{EVENTS}: found the key "rules" twice in one object'),
}


@pytest.mark.parametrize(("file", "content", "says"), RAW.values(), ids=RAW)
def test_what_is_no_json_is_a_finding(factory, messages, file, content, says):
    (factory / file).write_bytes(content)

    assert messages()[0].startswith(says)


def test_a_byte_order_mark_is_fine(factory, messages):
    path = factory / "config.json"
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())

    assert messages() == []


def test_a_folder_is_no_file(factory, messages):
    (factory / "config.json").unlink()
    (factory / "config.json").mkdir()

    assert messages() == ["config.json: found a file that cannot be read (Is a directory), expected a JSON file"]


def test_a_hierarchy_is_at_most_twenty_levels_deep(factory, messages):
    entity = {"id": "leaf-0"}
    for level in range(1, 100):
        entity = {"id": f"level-{level}", "children": [entity]}
    (factory / HIERARCHY).write_text(json.dumps({"entities": [entity]}))

    (sentence,) = messages()

    assert sentence.endswith("found a deeper level, expected at most 20 levels")


def test_a_misspelt_file_is_told_apart_from_a_missing_one(factory, messages):
    (factory / EVENTS).rename(factory / "config_event.json")

    assert messages() == [
        "config_event.json: found an unknown file, expected one of config.json, config_providers.json, "
        "config_iot_devices.json, config_hierarchy.json, config_events.json, config_inter_cloud.json; "
        'did you mean "config_events.json"?'
    ]


def test_every_flaw_of_every_file_is_told_at_once_and_in_order(factory, edit, messages):
    edit("config.json", lambda it: it.update(mode="loud", name="X"))
    edit(PROVIDERS, lambda it: it.pop("layer_2_provider"))
    edit(DEVICES, lambda it: (it["devices"][5].update(id="a b"), _first_property(it).update(data_type="TEXT")))
    edit(EVENTS, lambda it: it["rules"][1].update(comparison="=>"))
    (factory / HIERARCHY).write_text("{")
    (factory / "processors" / "other.py").write_text("x = 1\n")

    places = [sentence.split(": found")[0] for sentence in messages()]

    assert places == [
        "config.json: name",
        "config.json: mode",
        "config_providers.json: layer_2_provider",
        f"{DEVICES}: types.vibration-sensor.properties[0].data_type",
        f"{DEVICES}: devices[5].id",
        HIERARCHY,
        f"{EVENTS}: rules[1].comparison",
        f"{EVENTS}: rules[2].device",
        "processors/other.py",
    ]


def test_a_flawed_group_does_not_make_its_devices_unknown(edit, messages):
    edit(DEVICES, lambda it: it["devices"][0].update(count=0))
    edit(EVENTS, lambda it: it["rules"][2]["action"].update(kind="feedback", device="line-1-vib-03"))

    assert messages() == [f"{DEVICES}: devices[0].count: found 0, expected a whole number from 1 to 100000"]


def test_a_secret_is_never_shown(factory, messages):
    (factory / "config_inter_cloud.json").write_text(json.dumps({"token": "too short", "endpoints": {"a": "ftp://x"}}))

    assert messages() == [
        "config_inter_cloud.json: token: found something else, expected a token of 32 to 128 letters, digits, _ and -",
        'config_inter_cloud.json: endpoints.a: found "ftp://x", expected a URL',
    ]
