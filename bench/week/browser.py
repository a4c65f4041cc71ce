"""Browsers, mail programs and scanners: each with the cookies, the name and the address on the internet that it has."""

import http.client
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import urlencode, urlsplit

_TIMEOUT_S = 60.0
_MOST_HOPS = 5


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer. `headers` have lower-case names; `cookies` are the values of Set-Cookie."""

    status: int
    headers: Mapping[str, str]
    cookies: Sequence[str]
    body: bytes

    @property
    def text(self) -> str:
        """The body as text."""
        return self.body.decode()


# Method, path with query, body, headers.
Wire = Callable[[str, str, bytes | None, Mapping[str, str]], Answer]


class HttpWire:
    """Requests over HTTP to one port of this machine, on one connection of each thread."""

    def __init__(self, port: int) -> None:
        self._port, self._local = port, threading.local()

    def __call__(self, method: str, path: str, body: bytes | None, headers: Mapping[str, str]) -> Answer:
        """Ask once; again on a new connection where the server closed the old one meanwhile."""
        for is_last in (False, True):
            connection = self._connection()
            try:
                connection.request(method, path, body, dict(headers))
                response = connection.getresponse()
                content = response.read()
            except (http.client.HTTPException, OSError):
                connection.close()
                if is_last:
                    raise
            else:
                given = response.getheaders()
                cookies = [value for name, value in given if name.lower() == "set-cookie"]
                return Answer(response.status, {name.lower(): value for name, value in given}, cookies, content)
        raise AssertionError

    def _connection(self) -> http.client.HTTPConnection:
        found: Any = getattr(self._local, "connection", None)
        if found is None:
            found = self._local.connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=_TIMEOUT_S)
        return found


@dataclass(slots=True)
class Browser:
    """Keeps cookies, with their paths, and sends them as browsers do. `address`: where on the internet it is."""

    wire: Wire
    site: str
    agent: str
    address: str
    cookies: dict[str, tuple[str, str]] = field(default_factory=dict)

    def ask(self, method: str, url: str, body: bytes | None = None, **headers: str) -> Answer:
        """Send one request to the site, whose addresses may be whole or begin with a slash. No redirect is followed."""
        path = url.removeprefix(self.site)
        assert path.startswith("/"), url
        given = {"User-Agent": self.agent, "X-Forwarded-For": self.address, "Host": urlsplit(self.site).netloc}
        kept = "; ".join(f"{name}={value}" for name, (at, value) in self.cookies.items() if path.startswith(at))
        if kept:
            given["Cookie"] = kept
        answer = self.wire(method, path, body, given | headers)
        for line in answer.cookies:
            for name, morsel in SimpleCookie(line).items():
                self.cookies[name] = (morsel["path"] or "/", morsel.coded_value)
        return answer

    def get(self, url: str, **headers: str) -> Answer:
        """Look at an address."""
        return self.ask("GET", url, **headers)

    def post(self, url: str, form: Mapping[str, str], **headers: str) -> Answer:
        """Send a form."""
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        return self.ask("POST", url, urlencode(form).encode(), **kind, **headers)

    def visit(self, url: str) -> tuple[str, Answer | None]:
        """Follow an address through redirects; return where that ends, and its page: None on another site."""
        for _ in range(_MOST_HOPS):
            answer = self.get(url)
            if answer.status not in {301, 302, 303}:
                return url, answer
            url = answer.headers["location"]
            if not url.startswith(("/", f"{self.site}/")):
                return url, None
        raise AssertionError(f"{url} leads in circles")
