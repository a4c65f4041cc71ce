"""Stacks for tests that drive the real thing. Loaded as a plugin (`-p` in pyproject.toml), for every test."""

from collections.abc import Iterator

import pytest

from tests.integration.stack import Stack


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """One stack with its demo data, for all tests that leave it as healthy as they found it."""
    with Stack(tmp_path_factory.mktemp("stack") / "var") as running:
        yield running
