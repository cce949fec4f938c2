"""t2mc trace over real processes: hop by hop across three clouds, a cloud that is down, dead letters, a collector."""

import json
import re
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from tests.rigs.command_line import t2mc
from tests.rigs.running_twin import AWS, AZURE, GCP, placement, running, write_project

pytestmark = pytest.mark.functional
STAMP = "2026-01-15T10:30:00.000Z"
BROKEN = "def process(telemetry):\n    raise ValueError('no sensor')\n"


@contextmanager
def collector():
    """An OTLP collector as far as an exporter sees one."""
    taken = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            taken.append(
                (self.path, self.headers["content-type"], self.rfile.read(int(self.headers["content-length"])))
            )
            self.send_response(200)
            self.send_header("content-length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", taken
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture(scope="module")
def twin(tmp_path_factory):
    folder = write_project(tmp_path_factory.mktemp("trace") / "project", placement(AWS, AZURE, GCP))
    with running(folder) as started:
        started.publish("d1", {"timestamp": STAMP, "long": 1})
        started.settle()
        yield started


def traced(twin, *options):
    done = t2mc("trace", twin.folder, "--json", *options)
    return done.returncode, json.loads(done.stdout)


def test_each_hop_of_a_reading_across_three_clouds(twin):
    code, found = traced(twin, "--device", "d1")
    hops = [(each["cloud"], each["component"], each["outcome"]) for each in found["hops"]]
    assert code == 0
    assert [each for each in hops if each[1] != "twin-updater"] == [
        ("aws", "dispatcher", ""),
        ("aws", "connector", ""),
        ("azure", "ingestion", ""),
        ("azure", "processor", ""),
        ("azure", "persister", ""),
        ("gcp", "hot-writer", ""),
    ]
    assert (found["timestamp"], found["readable"], found["dead_letters"], found["dark"]) == (STAMP, True, [], [])
    (trace_id,) = found["trace_ids"]
    assert {each["trace_id"] for each in found["hops"]} == {trace_id}
    assert traced(twin, "--id", trace_id)[1]["hops"] == found["hops"]


def test_as_a_person_reads_it(twin):
    said = t2mc("trace", twin.folder, "--device", "d1", "--at", "2026-01-15T11:30:00+01:00").stdout
    assert re.search(r"gcp +hot-writer +http +[\d.]+ ms +1 +passed", said), said
    assert "stored: the reader has it" in said
    nothing = t2mc("trace", twin.folder, "--device", "d1", "--at", "2020-01-01").stdout
    assert "no run of a function had it lately" in nothing
    assert "not stored" in nothing


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ((), "say which reading: --device D, with --at T for an older one, or --id TRACE"),
        (("--device", "d1", "--id", "a" * 32), "say which reading"),
        (("--id", "a" * 32, "--at", "2020-01-01"), "name the device with --device"),
        (("--device", "d2"), "the twin has no device 'd2'; it has d1, g-001"),
        (("--device", "g-001"), "g-001 has no reading yet; give the time of one with --at"),
        (("--id", "xyz"), "a trace id has 32 lower-case hex digits, not all zero; found 'xyz'"),
        (("--device", "d1", "--at", "noon"), "found 'noon'"),
    ],
)
def test_what_names_no_reading_is_refused(twin, options, sentence):
    done = t2mc("trace", twin.folder, *options)
    assert (done.returncode, sentence in done.stderr) == (2, True), done.stderr


def test_a_collector_gets_one_trace_over_three_clouds(twin):
    with collector() as (url, taken):
        done = t2mc("trace", twin.folder, "--device", "d1", "--otlp", url)
        assert done.returncode == 0, done.stderr
    ((path, content_type, body),) = taken
    assert (path, content_type) == ("/v1/traces", "application/json")
    resources = json.loads(body)["resourceSpans"]
    names = [each["resource"]["attributes"][0]["value"]["stringValue"] for each in resources]
    assert names == ["testtwin on aws", "testtwin on azure", "testtwin on gcp"]
    spans = [span for each in resources for scope in each["scopeSpans"] for span in scope["spans"]]
    assert f"sent {len(spans)} spans to {url}" in done.stderr
    assert len({span["traceId"] for span in spans}) == 1
    known = {span["spanId"] for span in spans}
    assert len(known) == len(spans)
    assert [span["name"] for span in spans if not span["parentSpanId"]] == ["dispatcher"]
    assert {span["parentSpanId"] for span in spans} - {""} < known
    assert all(int(span["startTimeUnixNano"]) <= int(span["endTimeUnixNano"]) for span in spans)


def test_a_collector_that_is_not_there_is_one_sentence(twin):
    done = t2mc("trace", twin.folder, "--device", "d1", "--otlp", "http://127.0.0.1:9")
    assert (done.returncode, "no answer from 127.0.0.1:9" in done.stderr) == (1, True), done.stderr


def test_a_reading_that_waits_and_one_that_died(tmp_path):
    folder = write_project(
        tmp_path / "project",
        placement(AWS, AZURE, GCP),
        config_iot_devices={
            "types": {"all": {"properties": [{"name": "long", "data_type": "LONG"}]}},
            "devices": [{"id": "d1", "type": "all"}, {"id": "broken", "type": "all", "processor": "broken"}],
        },
    )
    (folder / "processors").mkdir()
    (folder / "processors" / "broken.py").write_text(BROKEN)
    with running(folder) as twin:
        twin.publish("broken", {"timestamp": STAMP, "long": 1})
        twin.settle()
        _, found = traced(twin, "--device", "broken", "--at", STAMP)
        assert [each["component"] for each in found["hops"]] == ["dispatcher", "connector", "ingestion", "processor"]
        assert found["readable"] is False
        assert any("no sensor" in each for each in found["dead_letters"])

        twin.kill(GCP)
        twin.publish("d1", {"timestamp": STAMP, "long": 2})
        failing, deadline = [], time.monotonic() + 60
        while not failing and time.monotonic() < deadline:
            code, found = traced(twin, "--device", "d1", "--at", STAMP)
            failing = [each for each in found["hops"] if each["outcome"]]
        assert (code, found["dark"], found["readable"]) == (1, ["gcp"], None)
        assert {each["component"] for each in failing} == {"persister"}

        twin.start(GCP)
        twin.settle()
        code, found = traced(twin, "--device", "d1", "--at", STAMP)
        assert (code, found["readable"]) == (0, True)
        assert found["hops"][-1]["component"] == "hot-writer"
        assert [each["outcome"] for each in found["hops"] if each["component"] == "persister"][-1] == ""
