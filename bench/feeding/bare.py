"""A bare scan of both tables with boto3: `python -m bench.feeding.bare`, in the environment of a rig.

As many segments and threads as a rebuild uses, and nothing done with the items. Prints one line of JSON.
"""

import json
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import boto3

_SEGMENTS = 4


def _scan(client: Any, table: str, segment: int) -> int:  # noqa: ANN401 - boto3's
    parts = {"TableName": table, "Segment": segment, "TotalSegments": _SEGMENTS, "ConsistentRead": True}
    return sum(len(page["Items"]) for page in client.get_paginator("scan").paginate(**parts))


def main() -> None:
    """Scan and print."""
    client, began = boto3.client("dynamodb"), time.monotonic()
    with ThreadPoolExecutor(_SEGMENTS) as pool:
        parts = [(table, segment) for table in ("crm", "crm_outbox") for segment in range(_SEGMENTS)]
        items = sum(pool.map(lambda part: _scan(client, *part), parts))
    print(json.dumps({"items": items, "seconds": round(time.monotonic() - began, 1)}))


if __name__ == "__main__":
    main()
