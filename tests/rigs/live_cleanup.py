"""Deletes what live tests left when they were killed: ``T2MC_LIVE=aws python -m tests.rigs.live_cleanup [--yes]``.

Everything whose name, or whose database's, begins with `live.PREFIX` on the chosen clouds, whoever's run it was: it is
listed first, and deleted with ``--yes`` only. Exit codes: 0 nothing is left, 1 something is, 2 no cloud was chosen.
"""

import os
import sys

from tests.rigs import live, live_aws, live_azure, live_gcp, live_gcp_devices
from tests.rigs.live import Leftover
from tests.rigs.vendor_processes import open_until_exit
from twin2multicloud.domain.errors import ConfigurationError

_LEFTOVERS = {
    "aws": (live_aws.leftovers,),
    "azure": (live_azure.leftovers,),
    "gcp": (live_gcp.leftovers, live_gcp_devices.leftovers),
}


def main(arguments: list[str]) -> int:
    """List, and delete where that was said."""
    try:
        clouds = live.chosen(os.environ)
    except ConfigurationError as error:
        print(error, file=sys.stderr)  # noqa: T201 - a command
        return 2
    found = [each for cloud in clouds for leftovers in _LEFTOVERS[cloud] for each in leftovers()]
    for each in found:
        print(each.text)  # noqa: T201 - see above
    if "--yes" in arguments:
        _delete(found)
        return 0
    print(f"{len(found)} left; --yes deletes them" if found else "nothing is left")  # noqa: T201 - see above
    return 1 if found else 0


def _delete(found: list[Leftover]) -> None:
    for each in found:
        each.delete()
    print(f"{len(found)} deleted")  # noqa: T201 - a command


if __name__ == "__main__":
    try:
        code = main(sys.argv[1:])
    finally:
        open_until_exit.close()
    sys.exit(code)
