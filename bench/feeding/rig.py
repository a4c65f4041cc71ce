"""An emulator, a read model and the projector between them, as `make run` starts it, but killed at will."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.integration.stack import ROOT

_STOPPED_WITHIN_S = 30.0


@dataclass(frozen=True, slots=True)
class Rig:
    """The environment of the product's processes, and where their output goes."""

    folder: Path
    environment: Mapping[str, str]

    def start(self, *command: str) -> "subprocess.Popen[bytes]":
        """Start Python with these arguments."""
        with (self.folder / "output").open("ab") as output:
            return subprocess.Popen(
                [sys.executable, *command], cwd=ROOT, env=dict(self.environment), stdout=output, stderr=output
            )

    def run(self, *command: str, **environment: str) -> str:
        """Run Python with these arguments to its end and return what it printed.

        Raises:
            subprocess.CalledProcessError: it failed; its messages are in `output`.
        """
        with (self.folder / "output").open("ab") as output:
            done = subprocess.run(
                [sys.executable, *command],
                cwd=ROOT,
                env={**self.environment, **environment},
                check=True,
                stdout=subprocess.PIPE,
                stderr=output,
            )
        return done.stdout.decode()

    def told(self, *command: str, **environment: str) -> Mapping[str, Any]:
        """Run as `run` does and return the JSON object that it printed last."""
        told: Mapping[str, Any] = json.loads(self.run(*command, **environment).splitlines()[-1])
        return told

    @contextmanager
    def projector(self) -> Iterator["subprocess.Popen[bytes]"]:
        """Run a projector within the context."""
        process = self.start("manage.py", "run_projector")
        try:
            yield process
        finally:
            process.terminate()
            process.wait(_STOPPED_WITHIN_S)


def prepared(folder: Path, address: str, streams: str = "") -> Rig:
    """Return a rig on an emulator, with its tables; the projector asks `streams` for them, or the emulator itself."""
    rig = Rig(folder, _environment(folder, address, streams or address))
    rig.run("manage.py", "create_tables")
    return rig


def _environment(folder: Path, address: str, streams: str) -> Mapping[str, str]:
    return {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "crm_site.settings",
        "DEMO": "1",
        "DATA_DIR": str(folder),
        "READ_MODEL_URL": f"sqlite:///{folder / 'read.sqlite3'}",
        "AWS_ENDPOINT_URL_DYNAMODB": address,
        "AWS_ENDPOINT_URL_DYNAMODB_STREAMS": streams,
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "local",
        "AWS_SECRET_ACCESS_KEY": "local",
    }
