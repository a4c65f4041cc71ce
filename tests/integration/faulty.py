"""A stack whose DynamoDB refuses and loses answers, and the truth behind it, read past the faults."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3

from tests.integration import faults
from tests.integration.faults import FaultProxy, Faults
from tests.integration.stack import Stack, ask, eventually, free_port


@dataclass(frozen=True, slots=True)
class FaultyStack:
    """The stack, the proxy between it and DynamoDB, and DynamoDB itself."""

    stack: Stack
    proxy: FaultProxy
    dynamodb: Any

    @contextmanager
    def suffering(self, chosen: Faults) -> Iterator[None]:
        """Inject faults within the context; health checks and preparations stay outside."""
        self.proxy.faults = chosen
        try:
            yield
        finally:
            self.proxy.faults = faults.NONE

    def items(self, pk: str, prefix: str = "") -> list[dict[str, Any]]:
        """Read the items of a partition of `crm`, consistently and in the order of their sort keys."""
        return items(self.dynamodb, "crm", pk, prefix)

    def everything(self) -> Iterator[dict[str, Any]]:
        """Read every item of `crm`: for finding what no key leads to any more."""
        for page in self.dynamodb.get_paginator("scan").paginate(TableName="crm", ConsistentRead=True):
            for item in page["Items"]:
                yield {name: _plain(value) for name, value in item.items()}


def items(dynamodb: Any, table: str, pk: str, prefix: str = "") -> list[dict[str, Any]]:
    """Read the items of a partition, consistently and in the order of their sort keys."""
    pages = dynamodb.get_paginator("query").paginate(
        TableName=table,
        ConsistentRead=True,
        KeyConditionExpression="pk = :pk AND begins_with(sk, :prefix)" if prefix else "pk = :pk",
        ExpressionAttributeValues={":pk": {"S": pk}, **({":prefix": {"S": prefix}} if prefix else {})},
    )
    return [{name: _plain(value) for name, value in item.items()} for page in pages for item in page["Items"]]


def client(address: str) -> Any:
    """Return a client of an emulator, whatever credentials the machine has or lacks."""
    return boto3.client(
        "dynamodb",
        endpoint_url=address,
        region_name="us-east-1",
        aws_access_key_id="local",
        aws_secret_access_key="local",
    )


@contextmanager
def start(folder: Path, seed: int, **environment: str) -> Iterator[FaultyStack]:
    """Start an emulator, a proxy before it and a stack that knows only the proxy; stop them in reverse."""
    with ExitStack() as started:
        address = started.enter_context(emulator(folder))
        proxy = started.enter_context(FaultProxy(address, seed))
        endpoints = {"AWS_ENDPOINT_URL_DYNAMODB": proxy.url, "AWS_ENDPOINT_URL_DYNAMODB_STREAMS": address}
        stack = Stack(folder / "var", **{"DEMO": "1", "OUTBOX_SHARDS": "1", **endpoints, **environment})
        started.enter_context(stack)
        yield FaultyStack(stack, proxy, client(address))


@contextmanager
def emulator(folder: Path, **settings: str) -> Iterator[str]:
    """Run a DynamoDB of its own, which forgets everything in the end unless `settings` say otherwise; its address."""
    port = free_port()
    environment = {
        **os.environ,
        "GATEWAY_PORT": str(port),
        "BIND_HOST": "127.0.0.1",
        "SERVICES": "dynamodb,dynamodbstreams",
        "SFTP_ENABLED": "0",
        "IOT_MTLS_ENABLED": "0",
        "DOCKER_HOST": "unix:///nonexistent",
        "LOG_LEVEL": "WARNING",
        "TMPDIR": str(folder),
        **settings,
    }
    with (
        (folder / "emulator.output").open("wb") as output,
        subprocess.Popen([sys.executable, "-m", "ministack"], env=environment, stdout=output, stderr=output) as server,
    ):
        try:
            assert eventually(lambda: ask(port, "GET", "/_ministack/health").status == 200)
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()


def _plain(value: dict[str, Any]) -> Any:
    (kind, content), *_ = value.items()
    if kind == "N":
        return int(content)
    return None if kind == "NULL" else content
