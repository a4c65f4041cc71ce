"""Files of people over the API."""

from typing import BinaryIO, cast

from django.http import HttpRequest, HttpResponse
from ninja import File, Form, Query, Router
from ninja.files import UploadedFile

from crm.core import errors
from crm.core.api import answers, guards
from crm.core.idempotency import Answer
from crm.imports import actions, queries
from crm.imports.entities import MAX_BYTES, Import
from crm.imports.schemas import BadRowOut, BadRowPage, BadRowsQuery, ImportIn, ImportOut
from crm.staff import scopes
from crm.staff.permissions import actor

router = Router(tags=["Imports"], by_alias=True)
# Besides the file, the fields around it.
guards.take_files("/imports", MAX_BYTES + 1_000_000)


def _accepted(found: Import) -> Answer:
    return answers.of(ImportOut.of(found), 202)


@router.post("/imports", auth=scopes.WRITE, response={202: ImportOut}, summary="Import people from a CSV file")
@answers.write(_accepted)
def import_users(request: HttpRequest, file: File[UploadedFile], how: Form[ImportIn]) -> Import:
    """The file is looked through at once (422 names what is wrong with it) and taken in by the worker.

    Its first row names the columns, unless it holds an e-mail address.
    """
    if strange := request.POST.keys() - ImportIn.model_fields.keys():
        raise errors.Invalid(dict.fromkeys(sorted(strange), "There is no such field."))
    # Django types what every uploaded file has as if it might not be there.
    content = cast("BinaryIO", file.file)
    return actions.take_in(
        name=file.name or "", size=file.size or 0, file=content, settings=how.settings, actor=actor(request)
    )


@router.get("/imports/{import_id}", auth=scopes.READ, response=ImportOut, summary="Look at an import")
def get_import(request: HttpRequest, import_id: str) -> HttpResponse:
    """How far it is, and what became of its rows."""
    return answers.send(answers.of(ImportOut.of(actions.get(import_id))))


@router.get("/imports/{import_id}/errors", auth=scopes.READ, response=BadRowPage, summary="List rows not imported")
def list_import_errors(request: HttpRequest, import_id: str, query: Query[BadRowsQuery]) -> HttpResponse:
    """In the order of the file, each with its line and what is wrong in which column."""
    page = queries.bad_rows(actions.get(import_id), limit=query.limit, cursor=query.cursor)
    return answers.send(answers.of(BadRowPage.of(page, BadRowOut.of)))


@router.post("/imports/{import_id}/cancel", auth=scopes.WRITE, response={202: ImportOut}, summary="Stop an import")
@answers.write(_accepted)
def cancel_import(request: HttpRequest, import_id: str) -> Import:
    """What is in stays, and may be undone. Refused (409) unless it runs."""
    return actions.cancel(import_id=import_id, actor=actor(request))


@router.post("/imports/{import_id}/undo", auth=scopes.WRITE, response={202: ImportOut}, summary="Undo an import")
@answers.write(_accepted)
def undo_import(request: HttpRequest, import_id: str) -> Import:
    """Whom it added is deleted, whom it changed gets back what was there before; as far as nobody did anything since.

    Refused (409) while it runs, where it changed nobody, a second time, and after 90 days.
    """
    return actions.undo(import_id=import_id, actor=actor(request))
