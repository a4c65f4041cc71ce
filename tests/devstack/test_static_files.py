"""Static files are collected when one has changed, and only then."""

from pathlib import Path

import pytest
from pytest_django.fixtures import Settings

from devstack import static_files


@pytest.fixture
def source(tmp_path: Path, settings: Settings) -> Path:
    """A folder with one static file, to be collected beside it."""
    (tmp_path / "source").mkdir()
    settings.STATICFILES_DIRS = [tmp_path / "source"]
    settings.STATIC_ROOT = tmp_path / "collected"
    settings.STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.FileSystemFinder"]
    file = tmp_path / "source" / "app.css"
    file.write_text("body { color: black }")
    return file


def _collected(source: Path) -> list[str]:
    return sorted(path.read_text() for path in (source.parent.parent / "collected").glob("app*.css"))


def test_a_changed_file_is_collected_again(source: Path) -> None:
    static_files.collect()
    source.write_text("body { color: rebeccapurple }")
    static_files.collect()
    assert set(_collected(source)) == {"body { color: rebeccapurple }"}


def test_nothing_is_done_when_nothing_changed(source: Path) -> None:
    static_files.collect()
    marked = source.parent.parent / "collected" / "app.css"
    marked.write_text("untouched")
    static_files.collect()
    assert marked.read_text() == "untouched"
