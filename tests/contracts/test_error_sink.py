"""What an error topic does: delivers every event whole, and never makes the function fail that reports."""

from twin2multicloud.domain.errors import ErrorEvent, Severity


def event(message: str = "größer 🌡", raw: str = '{"t": 21.5}') -> ErrorEvent:
    return ErrorEvent(
        twin_id="house",
        cloud_provider="aws",
        severity=Severity.WARNING,
        component="dispatcher",
        error_code="invalid-telemetry",
        message=message,
        timestamp="2026-01-15T10:30:00.000Z",
        raw_data=raw,
    )


def test_an_event_arrives_whole(error_sink_rig):
    error_sink_rig.sink.report(event())
    assert error_sink_rig.received() == [event()]
    assert not any("not reported" in line for line in error_sink_rig.logged)


def test_the_largest_event_that_a_reporter_makes_arrives(error_sink_rig):
    large = event(message="x" * 10_000, raw='"' * 4_000)
    error_sink_rig.sink.report(large)
    assert error_sink_rig.received() == [large]


def test_what_cannot_be_published_is_logged_and_nothing_is_raised(error_sink_rig):
    error_sink_rig.lost.report(event("the store is dark"))
    (line,) = error_sink_rig.logged
    assert "the store is dark" in line
    assert "invalid-telemetry" in line
    assert error_sink_rig.received() == []
