"""The process that draws charts: one, ended when idle, started again when it dies."""

import os
import re
import resource
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from django.test import Client

from crm.analytics import charts, drawing
from crm.analytics.drawing import Artist
from crm.core import errors

SPECIFICATION = {"data": {"values": [{"x": "a", "y": 1}]}, "mark": "bar", "encoding": {"x": {"field": "x"}}}
PATIENCE_S = 10.0
# So many files select() tells apart.
_SELECTABLE = 1_024


@pytest.fixture
def artist() -> Iterator[Artist]:
    made = Artist(idle_s=60)
    yield made
    made.rest()


def process(artist: Artist) -> "subprocess.Popen[str]":
    assert artist._process is not None
    return artist._process


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.02)


def test_drawings_come_from_one_process_that_stays(artist: Artist) -> None:
    assert artist.draw(SPECIFICATION).startswith("<svg")
    first = process(artist).pid
    assert artist.draw(SPECIFICATION).startswith("<svg")
    assert process(artist).pid == first


def test_a_woken_process_is_the_one_that_draws(artist: Artist) -> None:
    artist.wake()
    first = process(artist).pid
    artist.wake()
    assert artist.draw(SPECIFICATION).startswith("<svg")
    assert process(artist).pid == first


def test_a_page_does_without_where_no_process_can_be_started(artist: Artist, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise BlockingIOError

    monkeypatch.setattr(subprocess, "Popen", full)
    artist.wake()
    monkeypatch.undo()
    assert artist.draw(SPECIFICATION).startswith("<svg")


def test_waking_waits_for_no_drawing(artist: Artist) -> None:
    with artist._turn:
        artist.wake()
    assert artist._process is None


@pytest.mark.django_db
@pytest.mark.usefixtures("tables", "data_dir", "some_mails", "fresh_charts")
def test_a_page_with_charts_begins_the_process(as_viewer: Client) -> None:
    drawing.artist.rest()
    as_viewer.get("/dashboard/analytics/")
    assert drawing.artist._process is not None


def test_an_idle_process_ends_and_leaves_nothing_behind() -> None:
    artist = Artist(idle_s=0.1)
    artist.draw(SPECIFICATION)
    gone = process(artist)
    until(lambda: artist._process is None and gone.returncode is not None)


def test_a_killed_process_is_replaced(artist: Artist) -> None:
    artist.draw(SPECIFICATION)
    process(artist).kill()
    process(artist).wait()
    assert artist.draw(SPECIFICATION).startswith("<svg")


@pytest.fixture
def many_open_files() -> Iterator[None]:
    """As in a web process with more connections than select() could tell apart."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    # As many as select() knows, and what the process has open besides.
    if soft != resource.RLIM_INFINITY and soft < (wanted := 2 * _SELECTABLE):
        if hard != resource.RLIM_INFINITY and hard < wanted:
            pytest.skip(f"a process may open no more than {hard} files here")
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    with ExitStack() as opened:
        opened.callback(resource.setrlimit, resource.RLIMIT_NOFILE, (soft, hard))
        for _ in range(_SELECTABLE):
            opened.callback(os.close, os.open(os.devnull, os.O_RDONLY))
        yield


def test_a_process_with_many_open_files_draws_too(many_open_files: None, artist: Artist) -> None:
    assert artist.draw(SPECIFICATION).startswith("<svg")


def test_a_bad_specification_is_said_and_the_process_goes_on(artist: Artist) -> None:
    artist.draw(SPECIFICATION)
    first = process(artist).pid
    with pytest.raises(ValueError, match="conversion failed"):
        artist.draw({"mark": 7})
    assert artist.draw(SPECIFICATION).startswith("<svg")
    assert process(artist).pid == first


def test_a_process_that_hangs_is_given_up(artist: Artist, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drawing, "PATIENCE_S", 0.2)
    monkeypatch.setattr(drawing, "_COMMAND", ("sleep", "60"))
    began = time.monotonic()
    with pytest.raises(errors.Busy):
        artist.draw(SPECIFICATION)
    assert time.monotonic() - began < PATIENCE_S
    assert artist._process is None


def test_a_process_that_answers_rubbish_is_given_up(artist: Artist, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drawing, "_COMMAND", ("cat", "/etc/hostname"))
    with pytest.raises(errors.Busy):
        artist.draw(SPECIFICATION)


@pytest.mark.parametrize("most", [1, 2, 3, 5, 90])
@pytest.mark.parametrize("before", [(), (1, 0)], ids=["alone", "beside the period before"])
def test_numbers_beside_bars_are_whole_and_each_stands_there_once(
    artist: Artist, most: int, before: tuple[int, ...]
) -> None:
    parts = [charts.Part(0, "sent", most - 1, "", ""), charts.Part(0, "failed", 1, "", "")]
    chart = charts.Chart("Mails", ["a", "b"], parts, before)
    svg = artist.draw(charts.compared(chart, "wide"))
    told = [int(text) for text in re.findall(r">(\d+)</text>", svg)]
    assert told == sorted(set(told))
    assert len(told) > 1
