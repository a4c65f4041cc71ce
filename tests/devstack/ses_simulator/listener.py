"""Who listens to the simulator's events: keeps every post, and checks its signature as AWS's documentation says."""

import base64
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa


@dataclass(slots=True)
class Post:
    """One notification: its envelope, its headers in lower case, the event in it."""

    envelope: dict[str, str]
    headers: dict[str, str]
    event: dict[str, Any]

    @property
    def kind(self) -> str:
        """The event's type."""
        return str(self.event["eventType"])


@dataclass(slots=True)
class Listener:
    """What was posted, in order, and whatever else was asked. `status` answers everything; change it to refuse."""

    url: str = ""
    status: int = 200
    posts: list[Post] = field(default_factory=list)
    requests: list[tuple[str, dict[str, str]]] = field(default_factory=list)

    def kinds(self, message_id: str) -> list[str]:
        """Return the types of events posted about a mail, in order."""
        return [post.kind for post in self.about(message_id)]

    def about(self, message_id: str) -> list[Post]:
        """Return what was posted about a mail, in order."""
        return [post for post in list(self.posts) if post.event["mail"]["messageId"] == message_id]


@contextmanager
def listening() -> Iterator[Listener]:
    """Listen on a free port."""
    heard = Listener()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            if "x-amz-sns-message-type" in self.headers:
                envelope = json.loads(body)
                heard.posts.append(Post(envelope, self.lower(), json.loads(envelope["Message"])))
            else:
                heard.requests.append((f"POST {self.path} {body}", self.lower()))
            self.answer()

        def do_GET(self) -> None:
            heard.requests.append((f"GET {self.path}", self.lower()))
            self.answer()

        def lower(self) -> dict[str, str]:
            return {name.lower(): value for name, value in self.headers.items()}

        def answer(self) -> None:
            self.send_response(heard.status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the parent's word
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    heard.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield heard
    finally:
        server.shutdown()
        server.server_close()


def check_signature(envelope: dict[str, str], certificate: Path) -> None:
    """Raise InvalidSignature unless the certificate's key has signed the envelope, in signature version 2."""
    names = ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type")
    text = "".join(f"{name}\n{envelope[name]}\n" for name in names if name in envelope)
    key = x509.load_pem_x509_certificate(certificate.read_bytes()).public_key()
    assert isinstance(key, rsa.RSAPublicKey)
    key.verify(base64.b64decode(envelope["Signature"]), text.encode(), padding.PKCS1v15(), hashes.SHA256())
