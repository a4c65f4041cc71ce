"""What `make run` promises: it stops cleanly, finds its data again, and never shares a data folder."""

import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from devstack import lock
from tests.integration import load, processes
from tests.integration.stack import ROOT, Stack, eventually

pytestmark = pytest.mark.integration

STOPPED_WITHIN_S = 25.0
# Room for a busy machine; `python -m bench.start` measures what the README promises.
READY_AGAIN_WITHIN_S = REFUSED_WITHIN_S = 60.0
_STOPPING = ["beat", "web", "worker", "projector", "valkey", "ses", "emulator"]


@pytest.fixture(scope="module")
def second_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A stack to be stopped and killed, beside the one that other tests need alive."""
    second = Stack(tmp_path_factory.mktemp("second") / "var")
    yield second
    second.stop()


@pytest.fixture
def second(second_stack: Stack) -> Stack:
    """The same, running, in whatever way the last test left it."""
    if not second_stack.runs():
        second_stack.start()
    return second_stack


@pytest.fixture
def third(tmp_path: Path) -> Iterator[Stack]:
    """A stack that is not meant to come up."""
    never = Stack(tmp_path / "var")
    yield never
    never.stop()


def _create_people(running: Stack, company: str, number: int) -> set[str]:
    bodies = [{"email": f"{company}-{index}@example.com", "company": company} for index in range(number)]
    return {running.create("/users", body)["id"] for body in bodies}


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_data_and_read_model_survive_a_stop(second: Stack, number: signal.Signals) -> None:
    kept = _create_people(second, f"survivors-{number}", 30)
    assert second.stop(number) <= STOPPED_WITHIN_S
    assert _order_of_stopping(second.data_dir) == _STOPPING

    assert second.start() <= READY_AGAIN_WITHIN_S
    assert load.found(second, f"survivors-{number}") == kept
    # The emulator's streams began anew: what is written now must arrive all the same.
    more = _create_people(second, f"newcomers-{number}", 5)
    assert eventually(lambda: load.found(second, f"newcomers-{number}") == more)
    assert load.found(second, f"survivors-{number}") == kept


def _order_of_stopping(data_dir: Path) -> list[str]:
    lines = (data_dir / "logs" / "supervisord.log").read_text().splitlines()
    return [line.split("stopped: ")[1].split()[0] for line in lines if "stopped: " in line][-len(_STOPPING) :]


def test_a_lost_read_model_is_built_again(second: Stack) -> None:
    kept = _create_people(second, "rebuilt", 10)
    second.stop()
    for file in second.data_dir.glob("read.sqlite3*"):
        file.unlink()
    second.start()
    assert eventually(lambda: load.found(second, "rebuilt") == kept)


def test_two_stacks_run_side_by_side(stack: Stack, second: Stack) -> None:
    mine = _create_people(second, "mine", 3)
    assert load.found(second, "mine") == mine
    assert load.found(stack, "mine") == set()
    assert stack.is_well()
    assert second.is_well()


def test_a_data_folder_in_use_is_refused(second: Stack, third: Stack) -> None:
    third.data_dir = second.data_dir
    assert third.launch().wait(REFUSED_WITHIN_S) != 0
    assert "is in use by a running stack" in third.said()
    assert second.is_well()


def test_a_port_in_use_is_refused(second: Stack, third: Stack) -> None:
    third.port = second.port
    assert third.launch().wait(REFUSED_WITHIN_S) != 0
    assert f"Port {second.port} is taken" in third.said()


def _kill_emulator(running: Stack) -> None:
    (emulator,) = running.processes("-m ministack")
    processes.kill(emulator)
    assert eventually(lambda: "The emulator died" in running.said())


def test_a_killed_emulator_comes_back_with_what_its_last_clean_stop_saved(second: Stack) -> None:
    (kept,) = _create_people(second, "kept", 1)
    second.stop()
    second.start()
    (lost,) = _create_people(second, "lost", 1)
    _kill_emulator(second)
    assert eventually(lambda: second.is_well() and second.ask("GET", f"/users/{kept}").status == 200, 60)
    assert second.ask("GET", f"/users/{lost}").status == 404
    # The first rebuild may meet an emulator that is still loading; the next one begins seconds later.
    assert eventually(lambda: (load.found(second, "kept"), load.found(second, "lost")) == ({kept}, set()), 60)


def test_an_emulator_that_nothing_was_saved_of_is_made_ready_anew(second: Stack) -> None:
    shutil.rmtree(second.data_dir / "aws")
    _kill_emulator(second)
    assert eventually(lambda: second.is_well() and second.ask("GET", "/users/user-id-123").status == 200, 60)
    assert _create_people(second, "afterwards", 1)


def test_programs_whose_supervisor_is_killed_end_by_themselves(second: Stack) -> None:
    mine = second.processes()
    supervisor = next(process for process in mine if "devstack.supervised" in process.command)
    began = time.monotonic()
    processes.kill(supervisor)
    assert eventually(lambda: not _alive(mine), STOPPED_WITHIN_S), _alive(mine)
    assert "The supervisor died" in second.said()
    assert time.monotonic() - began <= STOPPED_WITHIN_S


def test_nothing_is_left_when_make_is_killed(second: Stack) -> None:
    mine = second.processes()
    processes.kill(mine[0])
    assert eventually(lambda: not _alive(mine[1:]), STOPPED_WITHIN_S), _alive(mine[1:])


def test_a_folder_is_refused_while_a_program_of_a_killed_stack_is_left(second_stack: Stack) -> None:
    second_stack.stop()
    folder = second_stack.data_dir
    folder.mkdir(exist_ok=True)
    with subprocess.Popen([sys.executable, "-m", "devstack.program", str(folder), "sleep", "600"], cwd=ROOT) as left:
        try:
            assert eventually(lambda: lock.programs_left(folder) == [(left.pid, "sleep 600")])
            assert second_stack.launch().wait(REFUSED_WITHIN_S) != 0
            assert "by programs of an earlier run, whose supervisor was killed.\n" in second_stack.said()
            assert f"{left.pid}  sleep 600" in second_stack.said()
        finally:
            left.kill()
    second_stack.launch()
    assert eventually(lambda: "Starting the CRM with its data in" in second_stack.said(), REFUSED_WITHIN_S)


def _alive(expected: list[processes.Process]) -> list[processes.Process]:
    """Of these processes, list those that run, whoever their parent is by now."""
    running = {(process.pid, process.command) for process in processes.running()}
    return [process for process in expected if (process.pid, process.command) in running]
