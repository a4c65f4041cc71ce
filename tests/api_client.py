"""A client that speaks JSON, as developers around the CRM do."""

from typing import Any

from django.test import Client


class ApiClient:
    """Calls the API without a token, as demo mode allows on loopback."""

    def __init__(self) -> None:
        self._client = Client(headers={"Host": "localhost"})

    def call(self, method: str, path: str, body: object = None, **headers: str) -> tuple[int, Any, dict[str, str]]:
        """Send a request; return status, decoded JSON (None where empty) and headers."""
        given = {"headers": {name.replace("_", "-"): value for name, value in headers.items()}}
        if body is not None:
            given |= {"data": body, "content_type": "application/json"}  # type: ignore[dict-item]
        elif method in {"POST", "PUT", "PATCH"}:
            given |= {"content_type": "application/json"}  # type: ignore[dict-item]
        response = getattr(self._client, method.lower())(path, **given)
        return response.status_code, response.json() if response.content else None, dict(response.headers)

    def get(self, path: str, **parameters: object) -> Any:
        """Return the answer of a GET that must succeed."""
        response = self._client.get(path, parameters)
        assert response.status_code == 200, response.content
        return response.json()
