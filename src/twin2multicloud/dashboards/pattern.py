"""Which questions a plan's dashboards ask: the links from the dashboard say whom, and how they sign in."""

from collections.abc import Mapping

from twin2multicloud.dashboards.data_source import Questions
from twin2multicloud.dashboards.infinity import DigitalTwinsQuestions, ReaderQuestions, TwinMakerQuestions
from twin2multicloud.dashboards.twinmaker_plugin import PluginQuestions
from twin2multicloud.domain.components import Kind, SignIn
from twin2multicloud.domain.errors import ConfigurationError
from twin2multicloud.planning.topology import Delivery, Topology

TOKEN_VARIABLE = "INTER_CLOUD_TOKEN"  # noqa: S105 - a name, never the secret itself
_REGION = "$AWS_REGION"
_TWINMAKER = f"https://data.iottwinmaker.{_REGION}.amazonaws.com"


def questions_of(topology: Topology, urls: Mapping[str, str]) -> Questions:
    """How the dashboards of a plan ask. `urls` are the known endpoints, by component name; others are left to Grafana's
    environment, as ``$T2MC_HOT_READER_URL``.

    Raises ConfigurationError for a plan whose dashboards cannot be made yet, with what to choose instead.
    """
    asked = {
        (link.target_kind, link.sign_in)
        for link in topology.links
        if link.source_kind == Kind.DASHBOARD and link.delivery is Delivery.QUERY
    }
    workspace = topology.twin
    match asked:
        case _ if (Kind.HOT_READER, SignIn.TOKEN) in asked:
            history, latest = (_url(each, urls) for each in (Kind.HOT_READER, Kind.HOT_READER_LAST_ENTRY))
            return ReaderQuestions(history, latest, token=TOKEN_VARIABLE)
        case _ if (Kind.TWIN_SERVICE, SignIn.PLUGIN) in asked:
            return PluginQuestions(_REGION, workspace)
        case _ if (Kind.TWIN_SERVICE, SignIn.SIGV4) in asked:
            return TwinMakerQuestions(_TWINMAKER, _REGION, workspace)
        case _ if (Kind.TWIN_SERVICE, SignIn.OAUTH2) in asked:
            return DigitalTwinsQuestions(_url(Kind.TWIN_SERVICE, urls))
        case _ if (Kind.HOT_STORE, SignIn.PLUGIN) in asked:
            raise ConfigurationError(
                "config.json: the plan reads Firestore by a community plugin that knows no time range; place layer 5 "
                'on another cloud than layer 3 hot, where "dashboard": "hot-store" reads the hot readers'
            )
        case _:
            raise ConfigurationError(
                "config.json: dashboards of the twin service on this cloud cannot be exported yet; choose "
                '"dashboard": "hot-store", with layer 5 on another cloud than layer 3 hot'
            )


def url_variable(kind: str) -> str:
    """The variable of Grafana's environment that holds a URL where it is not known at export."""
    return f"T2MC_{kind.replace('-', '_').upper()}_URL"


def _url(kind: str, urls: Mapping[str, str]) -> str:
    return urls.get(kind, f"${url_variable(kind)}").rstrip("/")
