"""The dashboard over a twin in memory, as a process: ``python -m tests.rigs.dashboard PORT [PROJECT]``.

SIGUSR1 makes the hot store's cloud dark, or light again.
"""

import signal
import sys
from pathlib import Path

from tests.rigs.twin_view import MemoryTwinView, smart_home
from twin2multicloud.manage.app import serve


def main() -> None:
    view = MemoryTwinView(smart_home())
    view.undeclared = {"uptime": 2**53 + 1}
    signal.signal(signal.SIGUSR1, lambda *_: view.dark.symmetric_difference_update({view.twin.placement.l3_hot}))
    serve(view.twin, view.topology, view, int(sys.argv[1]), Path(sys.argv[2]) if len(sys.argv) > 2 else None)


if __name__ == "__main__":
    main()
