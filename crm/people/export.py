"""People as files: exactly those that a filter matches, under heads that an import knows again."""

from collections.abc import Iterator, Sequence

from django.http.response import HttpResponseBase

from crm.audit import actions as audit
from crm.core import clock, csv_out, errors, xlsx_out
from crm.search import engine, filter_json
from crm.search.documents import PersonDocument
from crm.search.filters import Filter

CSV, XLSX = "csv", "xlsx"
FORMATS = (CSV, XLSX)
_CHUNK = 500
HEAD = (
    "email",
    "firstName",
    "lastName",
    "phoneNumber",
    "jobTitle",
    "company",
    "city",
    "state",
    "tags",
    "gender",
    "avatar",
    "unsubscribed",
    "events registered",
    "events attended",
    "events hosted",
    "added",
    "id",
)


def download(where: Filter, form: str, *, actor: str) -> HttpResponseBase:
    """Answer everybody whom a filter matches as a file, CSV (streamed) or XLSX, and note who took it along.

    Raises:
        errors.Invalid: naming `format`.
        errors.Busy: the read model does not answer, or the note cannot be written.
    """
    if form not in FORMATS:
        raise errors.Invalid({"format": f"One of {', '.join(FORMATS)}."})
    audit.exported(kind="people", actor=actor, told={"filter": filter_json.write(where), "format": form})
    name = f"people-{clock.now():%Y-%m-%d}.{form}"
    if form == XLSX:
        return xlsx_out.download(name, HEAD, rows(where))
    return csv_out.download(name, HEAD, rows(where), is_marked=True)


def rows(where: Filter) -> Iterator[Sequence[object]]:
    """Yield a row for everybody whom a filter matches in one consistent read, however many; nobody who is gone by then.

    Raises:
        store.Unavailable: the read model does not answer.
    """
    store = engine.store()
    with store.freeze(where, _CHUNK) as chunks:
        for ids in chunks:
            found = store.people_by_id(ids)
            yield from (_cells(found[key]) for key in ids if key in found)


def _cells(person: PersonDocument) -> Sequence[object]:
    return (
        person.email,
        person.first_name,
        person.last_name,
        person.phone_number,
        person.job_title,
        person.company,
        person.city,
        person.state,
        ";".join(person.tags),
        person.gender,
        person.avatar,
        person.unsubscribed,
        person.events_registered,
        person.events_attended,
        person.events_hosted,
        person.created_at,
        person.id,
    )
