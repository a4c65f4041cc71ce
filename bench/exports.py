"""An export of many people over HTTP, CSV and XLSX: how long, and what memory the web process needs at most.

    python -m bench.exports [--people 1000000]

Starts a web process of its own on a read model of its own, and an emulator for the note of who took people along. Exits
with 1 where a row is missing, or the process that answers needs more than the bar.
"""

import argparse
import os
import sys
import tempfile
import threading
import time
import zipfile
from pathlib import Path
from typing import Self
from urllib.request import urlopen

from django.conf import settings

from bench import environment, synthetic, web
from crm.search import engine
from tests.integration import processes

BAR_MB = 150
_PIECE = 1 << 16
_LOOK_S = 0.1


def main() -> int:
    """Measure and print; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--people", type=int, default=1_000_000)
    people = parser.parse_args().people
    from tests.e2e import server  # noqa: PLC0415 - its settings are ours first

    with tempfile.TemporaryDirectory(prefix="bench-exports-") as folder:
        os.environ["DATA_DIR"] = folder
        url = f"sqlite:///{Path(folder) / 'read.sqlite3'}"
        settings.READ_MODEL_URL = url
        store = engine.sqlite_store()
        built = store.beside()
        synthetic.load(built, people, 0)
        built.finish()
        store.adopt(built)
        variables = {**environment.VARIABLES, "DATA_DIR": folder, "READ_MODEL_URL": url, "WEB_CONCURRENCY": "1"}
        with server.servers():
            from crm.core import dynamo  # noqa: PLC0415 - once the emulator's address is known

            dynamo.create_tables()
            with web.process(variables) as port:
                urlopen(f"http://127.0.0.1:{port}/users?limit=1").close()
                print(f"before, one list asked for: {_own_mb():.0f} MB of its own", flush=True)
                ok = [_exported(port, form, Path(folder) / form, people) for form in ("csv", "xlsx")]
    return int(not all(ok))


def _exported(port: int, form: str, file: Path, people: int) -> bool:
    began = time.monotonic()
    address = f"http://127.0.0.1:{port}/users/export?format={form}"
    with _Watch() as watch, urlopen(address) as answer, file.open("wb") as kept:
        first = time.monotonic() - began
        while piece := answer.read(_PIECE):
            kept.write(piece)
    seconds = time.monotonic() - began
    rows, peak = _rows(file, form), watch.peak_mb
    print(
        f"| {form} | {rows:,} rows, {file.stat().st_size / 1e6:.0f} MB | first byte {first:.1f} s, all {seconds:.0f} s"
    )
    print(f"  most memory of the web process's own {peak:.0f} MB (bar {BAR_MB}) |", flush=True)
    return rows == people and peak < BAR_MB


def _rows(file: Path, form: str) -> int:
    if form == "csv":
        with file.open("rb") as lines:
            return sum(1 for _ in lines) - 1
    with zipfile.ZipFile(file) as workbook, workbook.open("xl/worksheets/sheet1.xml") as sheet:
        found, end = 0, b""
        while piece := sheet.read(_PIECE):
            # An opening tag that a piece's end cuts is counted with the next.
            text = end + piece
            found += text.count(b"<row ")
            end = text[text.rfind(b"<") :] if text.rfind(b"<") > text.rfind(b">") else b""
            found -= end.count(b"<row ")
        return found - 1


class _Watch:
    """Notes the most memory that the web's processes have of their own: not the pages of the read model's file."""

    def __init__(self) -> None:
        self.peak_mb = 0.0
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._is_over.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._is_over.wait(_LOOK_S):
            self.peak_mb = max(self.peak_mb, _own_mb())


def _own_mb() -> float:
    """Return the anonymous memory of the largest of the web's processes."""
    mine = [one for one in processes.below(os.getpid()) if "gunicorn" in one.command]
    told = [Path(f"/proc/{one.pid}/status").read_text() for one in mine]
    return max(int(text.split("RssAnon:")[1].split()[0]) for text in told) / 1024


if __name__ == "__main__":
    sys.exit(main())
