"""Become supervisord: `python -m devstack.supervised CONFIGURATION`. Should the runner be killed, it stops in order."""

import sys

from supervisor import supervisord

from devstack import program


def main() -> None:
    """Run supervisord in the foreground until it is told to stop."""
    program.stop_with_parent()
    supervisord.main(["--configuration", sys.argv[1], "--nodaemon"])


if __name__ == "__main__":
    main()
