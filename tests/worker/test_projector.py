"""The projector runs the poller, says how fresh the read model is, and has it rebuilt."""

import time
from itertools import pairwise
from pathlib import Path
from threading import Event

import pytest

from crm.core import leases
from crm.search import engine
from crm.search.filters import EVERYONE
from crm.search.sqlite import SqliteSearchStore
from crm.search.store import Unavailable
from tests.worker.stream_fakes import FakeStreams, ids, image
from worker.projector import Projector, rebuild_in_child
from worker.streams import LEASE

pytestmark = pytest.mark.usefixtures("tables")


class _Rebuilds:
    """Stands in for the child process that rebuilds."""

    def __init__(self) -> None:
        self.calls = 0

    def __call__(self, stop: Event) -> None:
        self.calls += 1
        stop.set()


def test_the_projector_rebuilds_where_streams_cannot_help(streams: FakeStreams, data_dir: Path) -> None:
    rebuild = _Rebuilds()
    Projector(engine.sqlite_store(), streams, rebuild).run(Event())  # type: ignore[arg-type]
    assert rebuild.calls == 1


def test_a_stopping_projector_stores_what_is_there_says_how_fresh_and_gives_its_lease_back(
    followed: SqliteSearchStore, streams: FakeStreams
) -> None:
    streams.add("crm-a", *(image(f"{number:04}") for number in range(2500)))
    stop = Event()
    stop.set()
    Projector(followed, streams, _Rebuilds()).run(stop)  # type: ignore[arg-type]
    assert followed.people(EVERYONE, sort="id", limit=1).total == 2500
    assert followed.freshness().as_of is not None
    assert leases.acquire(LEASE, "another", 5)


def test_a_projector_outlives_streams_that_are_away(
    followed: SqliteSearchStore, streams: FakeStreams, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("worker.projector.AWAY_S", 0.0)
    projector, stop = Projector(followed, streams, _Rebuilds()), Event()  # type: ignore[arg-type]
    streams.is_away = True
    projector.step(stop)
    streams.is_away = False
    streams.add("crm-a", image("a"))
    projector.step(stop)
    assert ids(followed) == ["a"]


def test_tidying_that_fails_is_not_tried_again_with_every_step(
    followed: SqliteSearchStore, streams: FakeStreams, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("worker.projector.AWAY_S", 0.0)
    monkeypatch.setattr("worker.projector.TIDY_S", 0.0)
    tries: list[str] = []

    def slow() -> None:
        tries.append("tidied")
        raise Unavailable

    monkeypatch.setattr(followed, "tidy", slow)
    projector = Projector(followed, streams, _Rebuilds())  # type: ignore[arg-type]
    monkeypatch.setattr("worker.projector.TIDY_S", 600.0)
    for _ in range(3):
        projector.step(Event())
    assert tries == ["tidied"]


def test_a_rebuild_that_does_not_listen_is_ended_with_the_projector(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("worker.projector.DRAIN_S", 0.1)
    started, script = tmp_path / "started", tmp_path / "deaf.py"
    script.write_text(
        "import pathlib, signal, time\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        f"pathlib.Path({str(started)!r}).touch()\n"
        "time.sleep(20)\n"
    )
    monkeypatch.setattr("sys.argv", [str(script)])
    began = time.monotonic()
    rebuild_in_child(_Begun(started))
    assert time.monotonic() - began < 15


class _Begun(Event):
    """Says stop as soon as there is a file."""

    def __init__(self, file: Path) -> None:
        super().__init__()
        self._file = file

    def wait(self, timeout: float | None = None) -> bool:
        return self._file.exists() or super().wait(timeout)


def test_a_rebuild_that_fails_is_tried_again_after_ever_longer_and_at_once_after_a_success(
    followed: SqliteSearchStore, streams: FakeStreams, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("worker.projector.AWAY_S", 0.0)
    monkeypatch.setattr("worker.projector.IDLE_S", 0.0)
    now = [1000.0]
    monkeypatch.setattr("worker.projector.time.monotonic", lambda: now[0])
    tries: list[float] = []
    projector = Projector(followed, streams, lambda _: tries.append(now[0]))  # type: ignore[arg-type]
    streams.label = "2"
    while len(tries) < 12:
        projector.step(Event())
        now[0] += 1
    waits = [later - earlier for earlier, later in pairwise(tries)]
    assert waits == [5, 10, 20, 40, 80, 160, 320, 600, 600, 600, 600]
    streams.label = "1"
    projector.step(Event())
    streams.label = "2"
    now[0] += 20
    projector.step(Event())
    assert tries[-1] == now[0]
