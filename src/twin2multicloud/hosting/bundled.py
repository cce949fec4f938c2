"""What a function's bundle carries beside code: the twin's data and the user's own code. Owns their paths.

``packaging.bundle`` writes these files, each cloud's ``wiring.py`` reads them, both through this module. Reads no
environment: a bundle is the folder that this package lies in, on every cloud.
"""

from typing import TYPE_CHECKING

import msgspec

from twin2multicloud.domain.device import DeviceCatalog
from twin2multicloud.domain.errors import ConfigurationError
from twin2multicloud.domain.event_rule import EventRule
from twin2multicloud.domain.hierarchy import Hierarchy

if TYPE_CHECKING:
    from collections.abc import Sequence

    from twin2multicloud.functions.events.event_action import FindAction
    from twin2multicloud.functions.processing.processor import FindProcessor

ROOT = __file__.replace("\\", "/").rsplit("/", 3)[0]  # no pathlib: a cold start would pay 7 ms for it
TWIN_FILE = "twin.json"
PROCESSORS, ACTIONS = "processors", "actions"


class BundledTwin(msgspec.Struct, frozen=True, kw_only=True):
    """The twin's data that a function may need. Each is empty where it needs none."""

    catalog: DeviceCatalog = DeviceCatalog()
    hierarchy: Hierarchy = Hierarchy()
    rules: tuple[EventRule, ...] = ()


def load_twin(root: str = ROOT) -> BundledTwin:
    """The twin's data. Raises ConfigurationError where the bundle has none, or an invalid file."""
    path = f"{root}/{TWIN_FILE}"
    try:
        with open(path, "rb") as file:  # noqa: PTH123 - see ROOT
            return msgspec.json.decode(file.read(), type=BundledTwin)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path} cannot be read: {error}; package the function again") from error


def find_processor(catalog: DeviceCatalog, root: str = ROOT) -> "FindProcessor | None":
    """Each device's processor, loaded from the bundle. Raises ConfigurationError where one is missing or broken."""
    from twin2multicloud.hosting.user_code import find_processor_in

    return find_processor_in(f"{root}/{PROCESSORS}", catalog)


def find_action(rules: "Sequence[EventRule]", root: str = ROOT) -> "FindAction":
    """The functions that rules name, loaded from the bundle. Raises ConfigurationError as `find_processor` does."""
    from twin2multicloud.hosting.user_code import find_action_in

    return find_action_in(f"{root}/{ACTIONS}", rules)
