"""What a cloud's services can do, as far as a plan depends on it. Owns the record; says nothing of any one cloud."""

from collections.abc import Mapping

import msgspec

from twin2multicloud.domain.components import SignIn


class CloudServices(msgspec.Struct, frozen=True, kw_only=True):
    """The answers of one cloud to what the planner's rows ask.

    `twin_reads`: its twin service reads the hot readers; otherwise it has to be written to. `twin_sign_in` and
    `remote_twin_sign_in`: how a dashboard on the same and on another cloud signs in to it. `hot_store_plugin`: Grafana
    has a free plugin for its hot store. `own`: services that the cloud lacks, which are our functions there, each
    with the path under which it answers. `topics`: what a further topic of a device type becomes; empty where devices
    have the service's own topics only: `no_topics` says why and what to do. `ignored_topics`: what becomes of
    a topic that is taken and not read.
    `restore_hours`: how long an archived object takes until it can be read, at the usual price; None where it can be
    read at once.
    """

    twin_reads: bool
    twin_sign_in: SignIn
    remote_twin_sign_in: SignIn
    hot_store_plugin: bool = False
    restore_hours: float | None = None
    own: Mapping[str, str] = {}
    topics: str = ""
    ignored_topics: str = ""
    no_topics: str = "its devices have one topic each; place L1 on another cloud"
