"""The console script: t2mc, or one sentence where the extra that a command needs is not installed."""

import sys

from twin2multicloud.operations.extras import missing


def main() -> None:
    """Run t2mc. Imports it only now: without the extra `cli` it cannot be."""
    try:
        from twin2multicloud.cli.app import main as t2mc

        t2mc()
    except KeyboardInterrupt:  # while the modules are imported
        sys.stderr.write("stopped\n")
        sys.exit(130)
    except ModuleNotFoundError as error:
        sentence = missing(error.name)
        if not sentence:
            raise
        sys.stderr.write(f"error: {sentence}\n")
        sys.exit(2)


if __name__ == "__main__":
    main()
