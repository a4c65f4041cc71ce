"""What `make run` promises: it stops cleanly, finds its data again, and never shares a data folder."""

import signal
import time
from pathlib import Path

import pytest

from tests.integration import load, processes
from tests.integration.stack import Stack, eventually

pytestmark = pytest.mark.integration

STOPPED_WITHIN_S = 25.0
# Room for a busy machine; `python -m bench.start` measures what the README promises.
READY_AGAIN_WITHIN_S = 60.0


def _create_people(running: Stack, company: str, number: int) -> set[str]:
    bodies = [{"email": f"{company}-{index}@example.com", "company": company} for index in range(number)]
    return {running.create("/users", body)["id"] for body in bodies}


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_data_and_read_model_survive_a_stop(own_stack: Stack, number: signal.Signals) -> None:
    own_stack.start()
    kept = _create_people(own_stack, "survivors", 30)
    assert own_stack.stop(number) <= STOPPED_WITHIN_S
    assert _order_of_stopping(own_stack.data_dir) == ["beat", "web", "worker", "projector", "valkey", "emulator"]

    assert own_stack.start() <= READY_AGAIN_WITHIN_S
    assert load.found(own_stack, "survivors") == kept
    # The emulator's streams began anew: what is written now must arrive all the same.
    more = _create_people(own_stack, "newcomers", 5)
    assert eventually(lambda: load.found(own_stack, "newcomers") == more)
    assert load.found(own_stack, "survivors") == kept


def _order_of_stopping(data_dir: Path) -> list[str]:
    lines = (data_dir / "logs" / "supervisord.log").read_text().splitlines()
    return [line.split("stopped: ")[1].split()[0] for line in lines if "stopped: " in line]


def test_a_lost_read_model_is_built_again(own_stack: Stack) -> None:
    own_stack.start()
    kept = _create_people(own_stack, "rebuilt", 10)
    own_stack.stop()
    for file in own_stack.data_dir.glob("read.sqlite3*"):
        file.unlink()
    own_stack.start()
    assert eventually(lambda: load.found(own_stack, "rebuilt") == kept)


def test_two_stacks_run_side_by_side(stack: Stack, own_stack: Stack) -> None:
    own_stack.start()
    mine = _create_people(own_stack, "mine", 3)
    assert load.found(own_stack, "mine") == mine
    assert load.found(stack, "mine") == set()
    assert stack.is_well()


def test_a_data_folder_in_use_is_refused(stack: Stack) -> None:
    second = Stack(stack.data_dir)
    second.output = stack.data_dir.parent / "second.output"
    assert second.launch().wait(30) != 0
    assert "is in use by a running stack" in second.said()
    assert stack.is_well()


def test_a_port_in_use_is_refused(stack: Stack, own_stack: Stack) -> None:
    own_stack.port = stack.port
    assert own_stack.launch().wait(30) != 0
    assert f"Port {stack.port} is taken" in own_stack.said()


def test_programs_whose_supervisor_is_killed_end_by_themselves(own_stack: Stack) -> None:
    own_stack.start()
    mine = own_stack.processes()
    supervisor = next(process for process in mine if "devstack.supervised" in process.command)
    processes.kill(supervisor)
    began = time.monotonic()
    assert eventually(lambda: not _alive(mine), STOPPED_WITHIN_S), _alive(mine)
    assert "The supervisor died" in own_stack.said()
    assert time.monotonic() - began <= STOPPED_WITHIN_S


def test_nothing_is_left_when_make_is_killed(own_stack: Stack) -> None:
    own_stack.start()
    mine = own_stack.processes()
    processes.kill(mine[0])
    assert eventually(lambda: not _alive(mine[1:]), STOPPED_WITHIN_S), _alive(mine[1:])


def _alive(expected: list[processes.Process]) -> list[processes.Process]:
    return [process for process in expected if process in processes.running()]


def test_a_killed_emulator_comes_back_with_its_tables(own_stack: Stack) -> None:
    own_stack.start()
    (emulator,) = own_stack.processes("-m ministack")
    processes.kill(emulator)
    assert eventually(lambda: "The emulator died" in own_stack.said())
    assert eventually(lambda: own_stack.is_well() and own_stack.ask("GET", "/users/user-id-123").status == 200, 60)
    assert _create_people(own_stack, "afterwards", 1)
