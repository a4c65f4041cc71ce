"""DynamoDB and SES that cost nothing: botocore's requests are answered in this process, from a dictionary.

Reads find what was stored with `keep`; a query of the due index finds one page that was laid out for it; every write
is taken as made, and every mail as accepted.
"""

import base64
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from pynamodb.models import Model

Image = dict[str, dict[str, Any]]
_ACCOUNT = {"SendQuota": {"MaxSendRate": 1e9, "Max24HourSend": -1, "SentLast24Hours": 0}, "SendingEnabled": True}


class _Body:
    """What urllib3 would be read from."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    def stream(self, **_options: object) -> Iterator[bytes]:
        """Yield everything at once."""
        yield self._body


def _binary(value: bytes) -> str:
    """Write binary attributes as DynamoDB does."""
    return base64.b64encode(value).decode()


class Canned:
    """The endpoints."""

    def __init__(self) -> None:
        self._items: dict[tuple[str, str], Image] = {}
        self._page: list[Image] = []
        self._accepted, self._last = 0, b""

    def keep(self, items: Iterable[Model]) -> None:
        """Store items to be read."""
        for item in items:
            image: Image = item.serialize()
            self._items[image["pk"]["S"], image["sk"]["S"]] = image

    def lay_out(self, items: Iterable[Model]) -> None:
        """Let the next query of the due index find these; the one after finds none."""
        self._page = [item.serialize() for item in items]

    def answer(self, request: AWSPreparedRequest, **_given: object) -> AWSResponse:
        """Answer a request; registered for botocore's event `before-send`."""
        target = request.headers.get("X-Amz-Target")
        if target is None:
            found = self._take(request.body) if request.method == "POST" else _ACCOUNT
        else:
            name = (target if isinstance(target, str) else target.decode()).rpartition(".")[2]
            found = getattr(self, f"_{name}")(json.loads(request.body)) if name != "UpdateItem" else {}
        return AWSResponse(request.url, 200, {}, _Body(json.dumps(found, default=_binary).encode()))  # type: ignore[arg-type]

    @property
    def mailed(self) -> bytes:
        """The last mail that was handed to SES."""
        return base64.b64decode(json.loads(self._last)["Content"]["Raw"]["Data"])

    def _take(self, body: bytes) -> Mapping[str, str]:
        self._last = body
        self._accepted += 1
        return {"MessageId": f"0100018f{self._accepted:08x}-00000000-0000-0000-0000-000000000000-000000"}

    def _GetItem(self, asked: Mapping[str, Any]) -> Mapping[str, Any]:  # noqa: N802 - as DynamoDB names it
        found = self._find(asked["Key"])
        return {"Item": found} if found else {}

    def _BatchGetItem(self, asked: Mapping[str, Any]) -> Mapping[str, Any]:  # noqa: N802
        tables = asked["RequestItems"].items()
        found = {name: [one for one in map(self._find, given["Keys"]) if one] for name, given in tables}
        return {"Responses": found, "UnprocessedKeys": {}}

    def _Query(self, _asked: Mapping[str, Any]) -> Mapping[str, Any]:  # noqa: N802
        page, self._page = self._page, []
        return {"Items": page, "Count": len(page), "ScannedCount": len(page)}

    def _find(self, key: Image) -> Image | None:
        return self._items.get((key["pk"]["S"], key["sk"]["S"]))
