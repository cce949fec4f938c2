"""Each preset reads the messages that its maker documents. The page is cited where the message is."""

import struct
from typing import Any, ClassVar

import pytest

from tests.rigs.payload_messages import ARRIVED, DOUBLE, INTEGER, LONG, TEXT, TRUTH, read
from twin2multicloud.functions.payloads.local_time import in_utc
from twin2multicloud.project.payloads import offset_changes


class TestThingsBoard:
    """thingsboard.io/docs/reference/mqtt-api/telemetry/ and thingsboard.io/docs/reference/gateway-api/telemetry/"""

    CLIMATE: ClassVar[dict[str, Any]] = {"temperature": DOUBLE, "humidity": DOUBLE}

    def test_key_and_value(self) -> None:
        assert read("thingsboard", {"temperature": 22.5, "humidity": 61}, self.CLIMATE) == [
            {"at": ARRIVED, "temperature": 22.5, "humidity": 61}
        ]

    def test_with_the_clients_time_one_or_a_list(self) -> None:
        first = {"ts": 1451649600512, "values": {"temperature": 42, "humidity": 73}}
        second = {"ts": 1451649601000, "values": {"temperature": 43}}
        assert read("thingsboard", first, self.CLIMATE) == [
            {"at": "2016-01-01T12:00:00.512Z", "temperature": 42, "humidity": 73}
        ]
        assert read("thingsboard", [first, second], self.CLIMATE)[1] == {
            "at": "2016-01-01T12:00:01.000Z", "temperature": 43
        }  # fmt: skip

    GATEWAY: ClassVar[dict[str, Any]] = {
        "Device A": [
            {"ts": 1483228800000, "values": {"temperature": 42, "humidity": 80}},
            {"ts": 1483228801000, "values": {"temperature": 43, "humidity": 82}},
        ],
        "Device B": [{"ts": 1483228800000, "values": {"temperature": 42, "humidity": 80}}],
    }

    def test_a_gateway_names_devices_whose_own_types_say_what_is_read(self) -> None:
        assert read("thingsboard", self.GATEWAY, self.CLIMATE, gateway=True) == [
            {"at": "2017-01-01T00:00:00.000Z", "device": "Device-A", "temperature": 42},
            {"at": "2017-01-01T00:00:01.000Z", "device": "Device-A", "temperature": 43},
            {"at": "2017-01-01T00:00:00.000Z", "device": "Device-B", "temperature": 42},
        ]

    def test_who_is_no_gateway_speaks_for_itself_only(self) -> None:
        said = "the message names the device 'Device A', but the payload of its sender is no gateway's"
        (reason,) = read("thingsboard", self.GATEWAY, self.CLIMATE)
        assert reason.startswith(said)

    def test_a_device_that_the_twin_does_not_have_stops_no_other(self) -> None:
        message = {"stranger": [{"temperature": 1}], "Device A": [{"temperature": 2}]}
        assert read("thingsboard", message, self.CLIMATE, gateway=True) == [
            {"at": ARRIVED, "device": "Device-A", "temperature": 2},
            "the message names 'stranger', which is no device of the twin",
        ]


class TestSenml:
    """RFC 8428, 5.1: www.rfc-editor.org/rfc/rfc8428"""

    ELECTRIC: ClassVar[dict[str, Any]] = {"voltage": DOUBLE, "current": DOUBLE}

    def test_5_1_1_one_record(self) -> None:
        pack = [{"n": "urn:dev:ow:10e2073a01080063", "u": "Cel", "v": 23.1}]
        assert read("senml", pack, {"temperature": DOUBLE}, {"temperature": "urn:dev:ow:10e2073a01080063"}) == [
            {"at": ARRIVED, "temperature": 23.1}
        ]

    def test_5_1_2_a_base_name_and_two_names(self) -> None:
        pack = [
            {"bn": "urn:dev:ow:10e2073a01080063:", "n": "voltage", "u": "V", "v": 120.1},
            {"n": "current", "u": "A", "v": 1.2},
        ]
        assert read("senml", pack, self.ELECTRIC) == [{"at": ARRIVED, "voltage": 120.1, "current": 1.2}]

    def test_5_1_2_a_base_time_and_times_relative_to_it(self) -> None:
        pack = [
            {"bn": "urn:dev:ow:10e2073a0108006:", "bt": 1.276020076001e09, "bu": "A", "bver": 5, "n": "voltage",
             "u": "V", "v": 120.1},
            {"n": "current", "t": -5, "v": 1.2},
            {"n": "current", "t": -4, "v": 1.3},
            {"n": "current", "v": 1.7},
        ]  # fmt: skip
        assert read("senml", pack, self.ELECTRIC) == [
            {"at": "2010-06-08T18:01:16.001Z", "voltage": 120.1, "current": 1.7},
            {"at": "2010-06-08T18:01:11.001Z", "current": 1.2},
            {"at": "2010-06-08T18:01:12.001Z", "current": 1.3},
        ]

    def test_4_5_3_a_time_below_2_to_the_28_is_relative_to_now(self) -> None:
        assert read("senml", [{"n": "current", "t": -60, "v": 1}], self.ELECTRIC) == [
            {"at": "2026-01-15T10:29:00.000Z", "current": 1}
        ]

    def test_5_1_4_several_kinds_of_value(self) -> None:
        pack = [
            {"bn": "urn:dev:ow:10e2073a01080063:", "n": "temp", "u": "Cel", "v": 23.1},
            {"n": "label", "vs": "Machine Room"},
            {"n": "open", "vb": False},
            {"n": "nfc-reader", "vd": "aGkgCg"},
        ]
        kinds = {"temp": DOUBLE, "label": TEXT, "open": TRUTH, "nfc_reader": TEXT}
        assert read("senml", pack, kinds) == [
            {"at": ARRIVED, "temp": 23.1, "label": "Machine Room", "open": False, "nfc_reader": "aGkgCg"}
        ]

    def test_base_values_and_base_sums_are_added(self) -> None:
        pack = [{"bn": "x:", "bv": 20, "bs": 100, "n": "voltage", "v": 1.5}, {"n": "current", "s": 5}]
        assert read("senml", pack, self.ELECTRIC) == [{"at": ARRIVED, "voltage": 21.5, "current": 105}]

    @pytest.mark.parametrize(
        ("pack", "says"),
        [
            ({"n": "current", "v": 1}, "SenML is a list of records, found an object"),
            ([{"n": "current", "v": "1"}], "record 0: v must be a number, found a text"),
            ([{"n": "current", "v": 1, "later_": 1}], "record 0: 'later_' must be understood"),
            ([{"bver": 11, "n": "current", "v": 1}], "record 0: SenML of version 11, known is 10"),
            ([{"n": "power", "v": 1}], "none of voltage, current is in the message; it has power"),
        ],
    )
    def test_what_cannot_be_read_says_why(self, pack: object, says: str) -> None:
        (reason,) = read("senml", pack, self.ELECTRIC)
        assert says in reason


class TestTasmota:
    """tasmota.github.io/docs/MQTT (DS18B20), forum and blog messages of the same form (AM2301, ENERGY)"""

    BERLIN = offset_changes("Europe/Berlin")

    def test_a_sensor_in_local_time(self) -> None:
        message = b'{"Time":"2017-02-16T10:13:52", "DS18B20":{"Temperature":20.6}}'
        assert read("tasmota", message, {"temperature": DOUBLE}, local_time=self.BERLIN) == [
            {"at": "2017-02-16T09:13:52.000Z", "temperature": 20.6}
        ]

    ENERGY: ClassVar[dict[str, Any]] = {
        "Time": "2022-07-11T21:57:38",
        "ENERGY": {
            "TotalStartTime": "2020-10-21T22:15:00", "Total": 3.705, "Yesterday": 0.028, "Today": 0.026, "Period": 1,
            "Power": 5, "ApparentPower": 5, "ReactivePower": 0, "Factor": 1.00, "Voltage": 233, "Current": 0.021,
        },
    }  # fmt: skip

    def test_a_plug_that_measures_energy(self) -> None:
        """blog.mylocalbytes.com/kb/2022-01-10/LB-PM-Power-Monitoring"""
        kinds = {"power": DOUBLE, "energy_total": DOUBLE, "voltage": INTEGER}
        assert read("tasmota", self.ENERGY, kinds, local_time=self.BERLIN) == [
            {"at": "2022-07-11T19:57:38.000Z", "power": 5, "energy_total": 3.705, "voltage": 233}
        ]

    def test_two_sensors_with_one_name_need_a_path(self) -> None:
        message = {
            "Time": "2021-11-28T18:09:24", "DS18S20": {"Id": "000802E7DE83", "Temperature": 4.8},
            "AM2301": {"Temperature": 25.9, "Humidity": 80.7, "DewPoint": 22.3}, "TempUnit": "C",
        }  # fmt: skip
        (reason,) = read("tasmota", message, {"temperature": DOUBLE})
        assert "temperature is in 2 places, DS18S20.Temperature and AM2301.Temperature; give its path" in reason
        assert read("tasmota", message, {"temperature": DOUBLE}, {"temperature": "AM2301.Temperature"}) == [
            {"at": "2021-11-28T18:09:24.000Z", "temperature": 25.9}
        ]

    def test_a_state_message_and_a_switch_that_says_on(self) -> None:
        message = {"Time": "2024-02-24T22:20:38", "Uptime": "0T00:10:11", "POWER": "ON", "Wifi": {"RSSI": 44}}
        assert read("tasmota", message, {"power": TRUTH, "rssi": INTEGER}) == [
            {"at": "2024-02-24T22:20:38.000Z", "power": True, "rssi": 44}
        ]

    def test_before_the_plug_knows_the_time_that_of_arrival_counts(self) -> None:
        message = {"Time": "1970-01-01T00:00:11", "DS18B20": {"Temperature": 20.6}}
        assert read("tasmota", message, {"temperature": DOUBLE}) == [{"at": ARRIVED, "temperature": 20.6}]

    @pytest.mark.parametrize(
        ("arrived", "utc"), [("2025-10-26T00:30:05.000Z", "00:30"), ("2025-10-26T01:30:05.000Z", "01:30")]
    )
    def test_an_hour_that_comes_twice_is_the_one_of_arrival(self, arrived: str, utc: str) -> None:
        assert in_utc("2025-10-26T02:30:00", self.BERLIN, arrived) == f"2025-10-26T{utc}:00.000Z"

    def test_an_hour_that_the_zone_skips_is_refused(self) -> None:
        message = {"Time": "2025-03-30T02:30:00", "X": {"Temperature": 1}}
        (reason,) = read("tasmota", message, {"temperature": DOUBLE}, local_time=self.BERLIN)
        assert "the project's time zone skips" in reason


class TestZigbee2Mqtt:
    """www.zigbee2mqtt.io/guide/usage/mqtt_topics_and_messages.html; last_seen: …/guide/configuration/mqtt.html"""

    @pytest.mark.parametrize(
        ("last_seen", "at"),
        [
            ({}, ARRIVED),
            ({"last_seen": "2019-12-14T15:38:56.796Z"}, "2019-12-14T15:38:56.796Z"),
            ({"last_seen": "2019-03-01T16:32:45.941+01:00"}, "2019-03-01T15:32:45.941Z"),
            ({"last_seen": 1551454365941}, "2019-03-01T15:32:45.941Z"),
        ],
        ids=["disable", "ISO_8601", "ISO_8601_local", "epoch"],
    )
    def test_a_climate_sensor_with_last_seen_in_its_formats(self, last_seen: dict, at: str) -> None:
        message = {"temperature": 27.34, "humidity": 44.72, **last_seen}
        assert read("zigbee2mqtt", message, {"temperature": DOUBLE, "humidity": DOUBLE}) == [
            {"at": at, "temperature": 27.34, "humidity": 44.72}
        ]

    def test_a_bulb_and_nested_extras(self) -> None:
        message = {
            "state": "ON", "brightness": 215, "color_temp": 325, "color": {"x": 0.46, "y": 0.41, "state": "no"},
            "update": {"state": "idle", "installed_version": 587753009}, "linkquality": 60,
        }  # fmt: skip
        assert read("zigbee2mqtt", message, {"state": TRUTH, "brightness": INTEGER}) == [
            {"at": ARRIVED, "state": True, "brightness": 215}
        ]

    def test_null_is_no_value_and_nulls_alone_are_an_event(self) -> None:
        climate = {"temperature": DOUBLE, "humidity": DOUBLE}
        assert read("zigbee2mqtt", {"temperature": 21.5, "humidity": None}, climate) == [
            {"at": ARRIVED, "temperature": 21.5}
        ]
        assert read("zigbee2mqtt", {"temperature": None}, climate) == [{"at": ARRIVED}]


class TestShelly:
    """shelly-api-docs.shelly.cloud/gen2/General/Notifications and /ComponentsAndServices/Switch"""

    def test_notify_status_of_one_switch(self) -> None:
        message = {
            "src": "shellypro4pm-f008d1d8b8b8", "dst": "shellypro4pm-f008d1d8b8b8/events", "method": "NotifyStatus",
            "params": {"ts": 1661517385.44, "switch:0": {"id": 0, "output": True, "apower": 8.9, "voltage": 232.7}},
        }  # fmt: skip
        kinds = {"output": TRUTH, "apower": DOUBLE, "current": DOUBLE}
        assert read("shelly", message, kinds) == [{"at": "2022-08-26T12:36:25.440Z", "output": True, "apower": 8.9}]

    FULL: ClassVar[dict[str, Any]] = {
        "src": "shellyplusht-b8d61a8b17cc", "dst": "shellyplusht-b8d61a8b17cc/events", "method": "NotifyFullStatus",
        "params": {
            "ts": 1680962879.62, "ble": {}, "cloud": {"connected": False},
            "devicepower:0": {"id": 0, "battery": {"V": 0.43, "percent": 0}, "external": {"present": True}},
            "humidity:0": {"id": 0, "rh": 42.2}, "temperature:0": {"id": 0, "tC": 19.8, "tF": 67.6},
        },
    }  # fmt: skip

    def test_a_full_status_of_a_thermometer(self) -> None:
        """gist.github.com/NelsonMinar/494a0f53785c20290b395639548349fa, a Plus H&T"""
        kinds = {"temperature": DOUBLE, "rh": DOUBLE, "battery_percent": INTEGER}
        paths = {"temperature": "temperature:0.tC", "battery_percent": "devicepower:0.battery.percent"}
        assert read("shelly", self.FULL, kinds, paths) == [
            {"at": "2023-04-08T14:07:59.620Z", "temperature": 19.8, "rh": 42.2, "battery_percent": 0}
        ]

    def test_the_status_topic_of_a_component(self) -> None:
        message = {
            "id": 0, "source": "init", "output": False, "apower": 0.0, "voltage": 232.7, "current": 0.0,
            "aenergy": {"total": 21.529, "by_minute": [0.0, 0.0, 0.0], "minute_ts": 1661517383},
            "temperature": {"tC": 53.3, "tF": 127.9},
        }  # fmt: skip
        assert read("shelly", message, {"aenergy_total": DOUBLE, "tC": DOUBLE}) == [
            {"at": ARRIVED, "aenergy_total": 21.529, "tC": 53.3}
        ]

    def test_before_it_knows_the_time_a_device_counts_from_its_start(self) -> None:
        message = {"method": "NotifyStatus", "params": {"ts": 1.61, "switch:0": {"id": 0, "apower": 1}}}
        assert read("shelly", message, {"apower": DOUBLE}) == [{"at": ARRIVED, "apower": 1}]

    def test_an_event_is_no_status(self) -> None:
        message = {"method": "NotifyEvent", "params": {"ts": 1735821119.25, "events": []}}
        assert read("shelly", message, {"apower": DOUBLE}) == [
            "a Shelly message of method 'NotifyEvent', expected NotifyStatus"
        ]


class TestTheThingsNetwork:
    """www.thethingsindustries.com/docs/integrations/data-formats/, uplink messages"""

    UPLINK: ClassVar[dict[str, Any]] = {
        "end_device_ids": {"device_id": "dev1", "application_ids": {"application_id": "app1"},
                           "dev_eui": "0004A30B001C0530", "join_eui": "800000000000000C", "dev_addr": "00BCB929"},
        "correlation_ids": ["as:up:01..."],
        "received_at": "2020-02-12T15:15:46.012345678Z",
        "uplink_message": {
            "session_key_id": "AXA50...", "f_cnt": 1, "f_port": 1, "frm_payload": "gkHe",
            "decoded_payload": {"temperature": 1.0, "luminosity": 0.64},
            "rx_metadata": [{"gateway_ids": {"gateway_id": "gtw1", "eui": "9C5C8E00001A05C4"},
                             "time": "2020-02-12T15:15:45.787Z", "timestamp": 2463457000, "rssi": -35,
                             "channel_rssi": -35, "snr": 5.2}],
            "settings": {"data_rate": {"lora": {"bandwidth": 125000, "spreading_factor": 7}},
                         "frequency": "867300000", "timestamp": 2463457000},
            "received_at": "2020-02-12T15:15:45.801234567Z",
        },
    }  # fmt: skip

    def test_an_uplink_and_a_path_from_the_messages_root(self) -> None:
        kinds = {"temperature": DOUBLE, "luminosity": DOUBLE, "rssi": INTEGER}
        paths = {"rssi": "$.uplink_message.rx_metadata.0.rssi"}
        assert read("ttn", self.UPLINK, kinds, paths) == [
            {"at": "2020-02-12T15:15:45.801Z", "temperature": 1.0, "luminosity": 0.64, "rssi": -35}
        ]

    def test_without_a_payload_formatter_it_says_what_is_missing(self) -> None:
        bare = {**self.UPLINK, "uplink_message": {"f_port": 1, "frm_payload": "gkHe"}}
        (reason,) = read("ttn", bare, {"temperature": DOUBLE})
        assert reason == "uplink_message has no decoded_payload; give the device a payload formatter"

    def test_a_join_is_no_uplink(self) -> None:
        assert read("ttn", {"join_accept": {}}, {"temperature": DOUBLE}) == [
            "uplink_message must be a JSON object, found null"
        ]


class TestSparkplug:
    """sparkplug.eclipse.org/specification, 6.4 (the JSON form), and sparkplug_b.proto of Eclipse Tahu"""

    def test_metrics_in_json_each_at_its_time(self) -> None:
        message = {
            "timestamp": 1486144502122,
            "metrics": [
                {"name": "Current Grid Voltage", "timestamp": 1486144502122, "dataType": "Float", "value": 280.5},
                {"name": "Properties/Hardware Make", "alias": 1, "timestamp": 1479123452194, "dataType": "String",
                 "value": "Test"},
                {"name": "Inputs/A", "dataType": "Boolean", "value": True},
            ],
            "seq": 2,
        }  # fmt: skip
        kinds = {"current_grid_voltage": DOUBLE, "hardware_make": TEXT, "a": TRUTH}
        assert read("sparkplug", message, kinds) == [
            {"at": "2017-02-03T17:55:02.122Z", "current_grid_voltage": 280.5, "a": True},
            {"at": "2016-11-14T11:37:32.194Z", "hardware_make": "Test"},
        ]

    def test_a_metric_by_alias_alone_is_refused(self) -> None:
        message = {"timestamp": 1486144502122, "metrics": [{"alias": 7, "value": 1}]}
        (reason,) = read("sparkplug", message, {"a": LONG})
        assert reason.startswith("metric 0 has the alias 7 and no name")

    def test_protocol_buffers_as_devices_send_them(self) -> None:
        """The first metrics of a birth message as Tahu's Python client encodes it, and every kind of number."""
        body = b"\x08\xc4\x89\x89\x83\xd30" + b"".join(
            b"\x12" + bytes([len(metric)]) + metric
            for metric in (
                b"\x0a\x08Inputs/A\x10\x00\x18\xea\xf2\xf5\xa8\xa0+ \x0bp\x00",
                b"\x0a\x05level\x18\xea\xf2\xf5\xa8\xa0+ \x09e" + struct.pack("<f", 21.1),
                b"\x0a\x04cold\x18\xea\xf2\xf5\xa8\xa0+ \x03P" + b"\xfb\xff\xff\xff\x0f",
                b"\x0a\x03big\x18\xea\xf2\xf5\xa8\xa0+ \x0ai" + struct.pack("<d", 1e300),
                b"\x0a\x05total\x18\xea\xf2\xf5\xa8\xa0+ \x08X" + b"\xff\xff\xff\xff\xff\xff\xff\xff\x7f",
                b"\x0a\x04make\x18\xea\xf2\xf5\xa8\xa0+ \x0cz\x04Sony",
                b"\x0a\x04gone\x18\xea\xf2\xf5\xa8\xa0+ \x038\x01",
            )
        )
        kinds = {"a": TRUTH, "level": DOUBLE, "cold": INTEGER, "big": DOUBLE, "total": LONG, "make": TEXT, "gone": LONG}
        assert read("sparkplug", body, kinds) == [
            {"at": "2017-02-03T17:55:02.122Z", "a": False, "level": 21.1, "cold": -5, "big": 1e300,
             "total": 2**63 - 1, "make": "Sony"}
        ]  # fmt: skip

    @pytest.mark.parametrize("body", [b"\x12\x7f", b"\xff" * 20, b"\x0b", b"hello"])
    def test_what_is_neither_is_refused(self, body: bytes) -> None:
        (reason,) = read("sparkplug", body, {"a": LONG})
        assert reason.startswith("the message is neither JSON nor a Sparkplug B payload")
