"""What is refused before the product sees it."""

import io
from collections.abc import Iterable
from typing import Any

import pytest

from crm.suppressions.imports import MAX_BYTES
from crm_site import wsgi


def _ask(length: str | None) -> tuple[str, list[bytes], list[bool]]:
    """Return the status, the answer, and whether the product was asked."""
    told, asked = [], []

    def product(_environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        asked.append(True)
        start_response("200 OK", [])
        return [b"product"]

    environ = {"REQUEST_METHOD": "POST", "wsgi.input": io.BytesIO(), "CONTENT_TYPE": "multipart/form-data; boundary=x"}
    given = environ if length is None else {**environ, "CONTENT_LENGTH": length}
    answer = wsgi.refuse_large_bodies(product)(given, lambda status, _: told.append(status))
    return told[0], list(answer), asked


@pytest.mark.parametrize("length", [str(wsgi.MOST_BYTES + 1), "9" * 5_000, "-1", "many", "²"])
def test_body_too_large_or_of_no_known_length_is_refused_unread(length: str) -> None:
    status, answer, asked = _ask(length)

    assert (status, answer, asked) == ("413 Content Too Large", [b"A body may have 6,000,000 bytes."], [])


@pytest.mark.parametrize("length", [None, "", "0", str(MAX_BYTES + 100_000), str(wsgi.MOST_BYTES)])
def test_other_bodies_are_the_products(length: str | None) -> None:
    assert _ask(length) == ("200 OK", [b"product"], [True])
