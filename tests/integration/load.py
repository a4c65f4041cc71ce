"""Requests that keep coming while parts of the stack are killed, and what became of each."""

import http.client
import itertools
import threading
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

from tests.integration.stack import Stack, ask

_CLIENTS = 4


@dataclass(slots=True)
class Kept:
    """People that the API said it created, and how many requests got no answer or an honest refusal."""

    created: list[str] = field(default_factory=list)
    unanswered: int = 0
    refused: list[tuple[int, bytes]] = field(default_factory=list)


class CreatingPeople:
    """A context in which a few clients create people without a pause, on a connection for each request."""

    def __init__(self, stack: Stack, name: str) -> None:
        self.kept = Kept()
        self._stack, self._name = stack, name
        self._numbers = itertools.count()
        self._over = threading.Event()
        self._clients = [threading.Thread(target=self._create) for _ in range(_CLIENTS)]

    def __enter__(self) -> Self:
        for client in self._clients:
            client.start()
        return self

    def __exit__(self, *_error: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._over.set()
        for client in self._clients:
            client.join()

    def _create(self) -> None:
        while not self._over.is_set():
            body = {"email": f"{self._name}-{next(self._numbers)}@example.com", "company": self._name}
            try:
                answer = ask(self._stack.port, "POST", "/users", body)
            except (OSError, http.client.HTTPException):
                # The process that would have answered was killed: nothing was promised.
                self.kept.unanswered += 1
                continue
            if answer.status == 201:
                self.kept.created.append(answer.json["id"])
            else:
                self.kept.refused.append((answer.status, answer.body))


def found(stack: Stack, company: str) -> set[str]:
    """Return the ids of everybody at a company, by paging through the list."""
    ids: set[str] = set()
    cursor: dict[str, Any] = {}
    while True:
        page = stack.get("/users/filter", company=company, limit=100, **cursor)
        ids |= {row["id"] for row in page["items"]}
        if page["next"] is None:
            return ids
        cursor = {"cursor": page["next"]}
