"""Progress of long operations: one stream for a price fetch and for a deployment. Owns the event, prints nothing."""

from collections.abc import Callable

import msgspec

from twin2multicloud.domain.placement import Cloud


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a longer job's log.

    `job` names what runs (``prices``, ``deploy``), `message` is for people. `cloud` is whom it concerns, where it is
    one. `kind` is the word of whatever does the work (Terraform's ``apply_start``, ``diagnostic`` …), `address` and
    `action` its resource and what happens to it. It has no timestamp: the receiver adds one.
    """

    job: str
    message: str
    cloud: Cloud | None = None
    kind: str = ""
    address: str = ""
    action: str = ""


Report = Callable[[Progress], None]
"""Takes each event as it happens; where it goes (console, event stream, log) is the caller's."""
