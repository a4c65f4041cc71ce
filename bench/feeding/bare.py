"""A bare scan of both tables with boto3: `python -m bench.feeding.bare`, in the environment of a rig.

As many segments and threads as a rebuild uses, and nothing done with the items. Prints one line of JSON.
"""

import json
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import boto3

_THREADS = 4


def _segments(client: Any, table: str) -> list[dict[str, Any]]:  # noqa: ANN401 - boto3's
    items = client.describe_table(TableName=table)["Table"]["ItemCount"]
    total = max(_THREADS, min(items // 5_000, 128))
    told = {"TableName": table, "TotalSegments": total, "ConsistentRead": True}
    return [{**told, "Segment": segment} for segment in range(total)]


def _scan(client: Any, part: dict[str, Any]) -> int:  # noqa: ANN401 - boto3's
    return sum(len(page["Items"]) for page in client.get_paginator("scan").paginate(**part))


def main() -> None:
    """Scan and print."""
    client, began = boto3.client("dynamodb"), time.monotonic()
    with ThreadPoolExecutor(_THREADS) as pool:
        parts = [part for table in ("crm", "crm_outbox") for part in _segments(client, table)]
        items = sum(pool.map(lambda part: _scan(client, part), parts))
    print(json.dumps({"items": items, "seconds": round(time.monotonic() - began, 1)}))


if __name__ == "__main__":
    main()
