"""One stack per data folder, and no new one while programs of an old one are left."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from devstack import lock
from devstack.plan import ROOT, Refused
from tests.integration.stack import eventually


def test_a_second_stack_on_the_folder_is_refused(tmp_path: Path) -> None:
    held = lock.take(tmp_path)
    with pytest.raises(Refused, match="in use by a running stack"):
        lock.take(tmp_path)
    os.close(held)
    os.close(lock.take(tmp_path))


def test_a_program_left_behind_keeps_the_folder_refused_and_is_named(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "devstack.program", str(tmp_path), "sh", "-c", "echo started; sleep 60 & wait"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, process_group=0) as left:
        assert left.stdout is not None
        assert left.stdout.readline() == b"started\n"
        with pytest.raises(Refused, match="sleep 60") as refusal:
            lock.take(tmp_path)
        assert str(left.pid) in str(refusal.value)
        os.killpg(left.pid, 9)
    # Its child, no child of ours, may be a moment from its end.
    assert eventually(lambda: not lock.programs_left(tmp_path))


def test_what_a_program_starts_holds_the_folder_after_it_is_gone(tmp_path: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "devstack.program",
        str(tmp_path),
        "sh",
        "-c",
        "sleep 60 >/dev/null 2>&1 & echo $!",
    ]
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    child = int(done.stdout)
    assert [pid for pid, _ in lock.programs_left(tmp_path)] == [child]
    os.kill(child, 9)
