"""What an operator needs to call the readers on Google Cloud: their services' URLs, and which secret opens them.

An endpoint asks for the token; any other reader for an ID token of somebody with ``run.routes.invoke``, whose audience
is the URL (see clouds/gcp/invocation.py): the service's own run.app address, which Cloud Run knows as one.
"""

from twin2multicloud.terraform.render.configuration import Configuration
from twin2multicloud.terraform.render.on_gcp.references import TOKEN_SECRET_NAME
from twin2multicloud.terraform.render.scope import CloudScope


def render(config: Configuration, site: CloudScope) -> None:
    """Say where the readers are, where this cloud holds L3-hot."""
    if not site.readers:
        return
    urls = {
        each.name: f"${{google_cloudfunctions2_function.{each.key}.service_config[0].uri}}" for each in site.readers
    }
    config.output("gcp_readers", urls, "The URLs of Google Cloud's readers, by function")
    if any(each.endpoint is not None for each in site.readers):
        config.output("gcp_token_secret", TOKEN_SECRET_NAME, "The secret with the token that endpoints ask for")
