"""What a leaner way to sign and send would gain: boto3's `send_email` beside SigV4 and urllib3 by hand.

python -m bench.signing   some ten seconds

Both post the same mail over kept connections to an endpoint in another process that answers at once, and take turns.
"lean" is what remains of a call where the request is known beforehand: the JSON, botocore's own `SigV4Auth` and one
request of an urllib3 pool. The product does not do so: the gain is below, and in return endpoint rules, credentials
that are renewed, retries' metadata and the reading of AWS's errors would be ours to keep.
Figures are user + system time of the calling process a call; the median over all rounds counts.
"""

import asyncio
import base64
import json
import multiprocessing
import os
import statistics
import sys
from collections.abc import Callable
from multiprocessing.connection import Connection

import boto3
import urllib3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials

from bench.cpu import cpu_s

CALLS, ROUNDS = 200, 12
_MAIL, _REGION, _KEY = b"Subject: The programme is out\r\n\r\n" + b"x" * 3_000, "us-east-1", "bench"
_ANSWER = b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 15\r\n\r\n{"MessageId":1}'
_TAGS = [{"Name": name, "Value": "01m82gtxw4jz1cy2crf51msvey"} for name in ("campaign", "delivery", "attempt", "shard")]
Sender = Callable[[], object]


class _Endpoint(asyncio.Protocol):
    """Answers each request as soon as all of it is there."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport, self._read = transport, b""

    def data_received(self, data: bytes) -> None:
        self._read += data
        head, end, body = self._read.partition(b"\r\n\r\n")
        length = head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0]
        if end and len(body) >= int(length):
            self._read = b""
            self._transport.write(_ANSWER)


def _serve(told: Connection) -> None:
    async def served() -> None:
        server = await asyncio.get_running_loop().create_server(_Endpoint, "127.0.0.1", 0)
        told.send(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    asyncio.run(served())


def _boto3(url: str, **options: str) -> Sender:
    retries = {"total_max_attempts": 1, "mode": "standard"}
    config = Config(parameter_validation=False, retries=retries, **options)  # type: ignore[arg-type]
    session = boto3.session.Session(aws_access_key_id=_KEY, aws_secret_access_key=_KEY, region_name=_REGION)
    client = session.client("sesv2", config=config, endpoint_url=url)
    return lambda: client.send_email(
        FromEmailAddress="news@conf.example",
        Destination={"ToAddresses": ["guest@guests.example"]},
        Content={"Raw": {"Data": _MAIL}},
        EmailTags=_TAGS,
    )


def _lean(url: str) -> Sender:
    pool, signer = urllib3.PoolManager(maxsize=1), SigV4Auth(Credentials(_KEY, _KEY), "ses", _REGION)
    address = f"{url}/v2/email/outbound-emails"

    def send() -> object:
        mail = {
            "FromEmailAddress": "news@conf.example",
            "Destination": {"ToAddresses": ["guest@guests.example"]},
            "Content": {"Raw": {"Data": base64.b64encode(_MAIL).decode()}},
            "EmailTags": _TAGS,
        }
        request = AWSRequest("POST", address, {"Content-Type": "application/json"}, json.dumps(mail).encode())
        signer.add_auth(request)
        answer = pool.request("POST", address, body=request.data, headers=dict(request.headers), retries=False)
        return json.loads(answer.data)["MessageId"]

    return send


def _cost_ms(send: Sender) -> float:
    began = cpu_s()
    for _ in range(CALLS):
        send()
    return (cpu_s() - began) / CALLS * 1_000


def main() -> int:
    """Print one row for each way."""
    # Set by whoever runs this for the product; nothing is asked of AWS here.
    os.environ.pop("AWS_ENDPOINT_URL", None)
    heard, told = multiprocessing.Pipe(duplex=False)
    endpoint = multiprocessing.Process(target=_serve, args=(told,), daemon=True)
    endpoint.start()
    url = f"http://127.0.0.1:{heard.recv()}"
    ways = {
        "boto3 as it comes": _boto3(url),
        "boto3 with a short user agent, as the product calls": _boto3(url, user_agent="event-crm"),
        "lean: SigV4Auth and urllib3": _lean(url),
    }
    for send in ways.values():
        _cost_ms(send)
    rounds = [[_cost_ms(send) for send in ways.values()] for _ in range(ROUNDS)]
    endpoint.terminate()
    print("| a call of SES | CPU |\n|---|---|")
    for way, costs in zip(ways, zip(*rounds, strict=True), strict=True):
        print(f"| {way} | {statistics.median(costs):.2f} ms |")
    return 0


if __name__ == "__main__":
    sys.exit(main())
