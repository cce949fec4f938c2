"""What an operator needs to call the readers on Azure: URLs, and whose keys or which secret opens them.

An endpoint asks for the token; any other reader for a function key, which Azure Resource Manager tells whoever may list
the keys of its app (see clouds/azure/invocation.py). No key and no token is in an output.
"""

from twin2multicloud.terraform.render.configuration import Configuration
from twin2multicloud.terraform.render.on_azure.references import REFERENCES, TOKEN_SECRET_ID
from twin2multicloud.terraform.render.scope import CloudScope


def render(config: Configuration, site: CloudScope) -> None:
    """Say where the readers are, where this cloud holds L3-hot."""
    if not site.readers:
        return
    urls = {each.name: REFERENCES.url(each.component) for each in site.readers}
    config.output("azure_readers", urls, "The URLs of Azure's readers, by function")
    apps = {
        each.name: f"${{azurerm_function_app_flex_consumption.{each.key}.id}}"
        for each in site.readers
        if each.endpoint is None
    }
    if apps:
        config.output("azure_reader_apps", apps, "The apps whose keys open Azure's readers, by function")
    if len(apps) < len(site.readers):
        config.output("azure_token_secret", TOKEN_SECRET_ID, "The secret with the token that endpoints ask for")
