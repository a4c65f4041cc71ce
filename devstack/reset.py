"""`make reset`: empty the data folder, after asking."""

import os
import shutil
import sys
from pathlib import Path

from devstack import lock
from devstack.plan import ROOT, Refused

# What a stack makes there, and nothing else: DATA_DIR may name a folder that holds other things too. The read model is
# a link, read.sqlite3, to a file named after its generation.
_DATABASES = ("read.sqlite3*", "read-*.sqlite3*", "staff.sqlite3*")
_OURS = ("aws", "charts", "logs", "run", "ses", "static", "tmp", "valkey", *_DATABASES)


def main() -> int:
    """Ask, then delete; return the exit status."""
    data_dir = Path(os.environ.get("DATA_DIR", "") or ROOT / "var").resolve()
    if not data_dir.is_dir():
        print(f"There is nothing in {data_dir}.")
        return 0
    try:
        lock.take(data_dir)
    except Refused as problem:
        print(problem, file=sys.stderr)
        return 1
    print(f"This deletes all people, events, registrations, mails and staff accounts in {data_dir}.")
    try:
        answer = input("Type yes to go on: ")
    except EOFError:
        answer = ""
    if answer.strip().lower() != "yes":
        print("\nNothing was deleted.")
        return 1
    delete(data_dir)
    print("Deleted. The next make run starts afresh.")
    return 0


def delete(data_dir: Path) -> None:
    """Delete what a stack keeps in the folder."""
    for path in [path for name in _OURS for path in data_dir.glob(name)]:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()


if __name__ == "__main__":
    sys.exit(main())
