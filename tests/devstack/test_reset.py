"""Resetting deletes what a stack made, after a yes, and nothing else."""

import io
from pathlib import Path

import pytest
from django.core.cache.backends.filebased import FileBasedCache

from crm.search import engine
from devstack import lock, reset
from tests.search.population import people


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder with something of ours and something that is not."""
    (tmp_path / "aws").mkdir()
    (tmp_path / "aws" / "dynamodb.json").write_text("{}")
    (tmp_path / "read.sqlite3-wal").write_text("")
    (tmp_path / "thesis.txt").write_text("not ours")
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    return tmp_path


def _answer(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(text))


def test_yes_deletes_what_the_stack_made(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _answer("yes\n", monkeypatch)
    assert reset.main() == 0
    assert sorted(path.name for path in folder.iterdir() if path.name[0] != ".") == ["thesis.txt"]


@pytest.mark.parametrize("answer", ["", "\n", "no\n", "y\n"])
def test_anything_else_deletes_nothing(folder: Path, monkeypatch: pytest.MonkeyPatch, answer: str) -> None:
    _answer(answer, monkeypatch)
    assert reset.main() == 1
    assert (folder / "aws" / "dynamodb.json").exists()


def test_a_running_stack_keeps_its_data(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lock.take(folder)
    _answer("yes\n", monkeypatch)
    assert reset.main() == 1
    assert (folder / "aws" / "dynamodb.json").exists()


@pytest.mark.usefixtures("data_dir")
def test_nobody_is_left_in_the_folder(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = engine.sqlite_store()
    store.apply(people(3))
    left = store.beside()
    left.apply(people(3))
    FileBasedCache(str(folder / "charts"), {}).set("drawing", "of people")
    _answer("yes\n", monkeypatch)
    assert reset.main() == 0
    assert sorted(path.name for path in folder.iterdir() if path.name[0] != ".") == ["thesis.txt"]
    store.database.close()
    left.database.close()
