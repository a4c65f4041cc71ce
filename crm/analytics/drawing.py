"""Turns Vega-Lite specifications into SVG, in one process beside this one that ends when nobody has asked for a while.

The converter takes 60 to 117 MB wherever it draws and never gives them back, so it is kept out of the web processes.
"""

import base64
import json
import logging
import selectors
import subprocess
import sys
import threading
from collections.abc import Mapping
from typing import Any

from django.conf import settings

from crm.core import errors

log = logging.getLogger(__name__)
# A drawing takes 20 to 100 ms, a process 700 ms to begin; this is the bound on a hung one.
PATIENCE_S = 10.0
# Somebody who looks at numbers comes back to them, and waits for no process to begin.
IDLE_S = 600.0
_COMMAND = (sys.executable, "-m", "crm.analytics.draw_process")


class Artist:
    """Owns at most one drawing process; threads take turns."""

    def __init__(self, idle_s: float = IDLE_S) -> None:
        self._idle_s = idle_s
        self._turn = threading.Lock()
        self._process: subprocess.Popen[str] | None = None
        self._rest: threading.Timer | None = None

    @property
    def pid(self) -> int | None:
        """The process that draws, None where there is none."""
        return None if self._process is None else self._process.pid

    def draw(self, specification: Mapping[str, Any]) -> str:
        """Return the SVG of a Vega-Lite specification.

        Raises:
            errors.Busy: the process hung or died; the next call starts another.
            ValueError: the specification is not one.
        """
        return self._answer(specification)["svg"]

    def png(self, svg: str) -> bytes:
        """Return a drawing as PNG, of twice its size. Raises as `draw` does."""
        return base64.b64decode(self._answer({"svg": svg})["png"])

    def _answer(self, asked: Mapping[str, Any]) -> dict[str, str]:
        with self._turn:
            try:
                answer: dict[str, str] = json.loads(self._asked(json.dumps(asked)))
            except (OSError, TimeoutError, ValueError) as error:
                self._end()
                raise errors.Busy("The chart could not be drawn just now. Try again.") from error
            self._rest_later()
        if "error" in answer:
            raise ValueError(answer["error"])
        return answer

    def wake(self) -> None:
        """Begin the process where there is none, without waiting: a page that is about to ask for charts says so."""
        if not self._turn.acquire(blocking=False):
            return
        try:
            self._running()
            self._rest_later()
        except OSError:
            # No room for another process: the numbers do without, and whoever asks for a drawing is told.
            log.exception("the process that draws charts cannot be started")
        finally:
            self._turn.release()

    def rest(self) -> None:
        """End the process. The next drawing starts another."""
        with self._turn:
            self._end()

    def _asked(self, line: str) -> str:
        process = self._running()
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(line + "\n")
        process.stdin.flush()
        # select() knows no descriptor above 1,023, which a web process with many connections has.
        with selectors.DefaultSelector() as selector:
            selector.register(process.stdout, selectors.EVENT_READ)
            if not selector.select(PATIENCE_S):
                raise TimeoutError
        return process.stdout.readline()

    def _running(self) -> subprocess.Popen[str]:
        if self._process is None or self._process.poll() is not None:
            self._end()
            self._process = subprocess.Popen(  # noqa: S603 - a fixed command
                _COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=settings.BASE_DIR
            )
        return self._process

    def _rest_later(self) -> None:
        if self._rest is not None:
            self._rest.cancel()
        self._rest = threading.Timer(self._idle_s, self.rest)
        self._rest.daemon = True
        self._rest.start()

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        process.communicate()


artist = Artist()
