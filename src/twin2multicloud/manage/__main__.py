"""``python -m twin2multicloud.manage``: the dashboard's own process."""

import sys

from twin2multicloud.manage.app import main

if __name__ == "__main__":
    sys.exit(main())
