"""The OpenAPI document: django-ninja's, with what all operations share said at each of them."""

from typing import Any

from ninja import NinjaAPI
from ninja.openapi.schema import OpenAPISchema
from ninja.operation import Operation
from pydantic import BaseModel
from pydantic.alias_generators import to_camel

from crm.core.api import problems


class FieldProblem(BaseModel):
    """What is wrong with one field, as the API spells it: `email`, `hosts.0`, `limit`, `body` for the whole body."""

    field: str
    message: str


class Problem(BaseModel):
    """An error (RFC 9457). `errors` is empty where no field is at fault."""

    type: str
    title: str
    status: int
    detail: str
    errors: list[FieldProblem]


_PROBLEM = {
    "description": "Nothing was done. 409: what is stored does not allow it; 422: a field breaks a rule; "
    "429 and 503: try again after the seconds in Retry-After.",
    "content": {problems.MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
}


class _Document(OpenAPISchema):
    def responses(self, operation: Operation) -> dict[Any, Any]:
        return {**super().responses(operation), "default": _PROBLEM}

    def operation_security(self, operation: Operation) -> list[dict[str, Any]] | None:
        stated = super().operation_security(operation) or []
        scopes = [[auth.scope] if hasattr(auth, "scope") else [] for auth in operation.auth_callbacks]
        return [dict.fromkeys(security, scope) for security, scope in zip(stated, scopes, strict=True)]

    def get_components(self) -> dict[str, Any]:
        shapes = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
        self.add_schema_definitions({**shapes.pop("$defs"), "Problem": shapes})
        return super().get_components()


class Api(NinjaAPI):
    """django-ninja's API with our document. Operations are called as their functions are: `createUser`."""

    def get_openapi_schema(
        self, *, path_prefix: str | None = None, path_params: dict[str, Any] | None = None
    ) -> OpenAPISchema:
        """Return the document."""
        return _Document(self, self.get_root_path(path_params or {}) if path_prefix is None else path_prefix)

    def get_openapi_operation_id(self, operation: Operation) -> str:
        """Name an operation for generated clients."""
        return to_camel(operation.view_func.__name__)
