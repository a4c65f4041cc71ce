"""The pages of imports: upload, columns, progress, bad rows, undo."""

import csv
import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from crm.core import clock
from crm.imports import actions, repository
from crm.imports.entities import CANCELLING, DONE, RUNNING, UNDOING, Counts
from crm.search import engine
from tests.imports import files

pytestmark = pytest.mark.usefixtures("tables")
TEXT = "E-Mail;Vorname;Notiz\nzoe@example.com;Zoë;=1+1\nnobody;Bob;x\n"


def upload(client: Client, text: str | bytes = TEXT, name: str = "people.csv") -> str:
    given = text.encode() if isinstance(text, str) else text
    answer = client.post("/dashboard/imports/new/", {"file": SimpleUploadedFile(name, given)})
    assert answer.status_code == 303, answer.content
    return answer["Location"]


def test_columns_are_guessed_and_shown_with_three_rows(as_owner: Client) -> None:
    rows = "".join(f"{number}@example.com;N{number};\n" for number in range(5))
    page = as_owner.get(upload(as_owner, "E-Mail;Vorname;Notiz\n" + rows)).content.decode()
    assert page.count(" selected>") == 3
    assert '<option value="first_name" selected>' in page
    assert "2@example.com" in page
    assert "3@example.com" not in page
    assert "5 rows, read as UTF-8" in page


def test_chosen_columns_are_taken_in_and_bad_rows_shown(as_owner: Client) -> None:
    url = upload(as_owner)
    chosen = {"column-0": "email", "column-1": "last_name", "column-2": "", "treatment": "skip", "tags": "fair; press"}
    assert as_owner.post(url, chosen).status_code == 303
    (found,) = repository.newest()
    assert found.state == RUNNING
    assert 'hx-trigger="every 2s"' in as_owner.get(url).content.decode()
    files.worked(found)
    zoe = files.person("zoe@example.com")
    assert zoe is not None
    assert (zoe.fields.last_name, zoe.fields.tags) == ("Zoë", ("fair", "press"))
    page = as_owner.get(url, headers={"HX-Request": "true", "HX-Target": "import-live"}).content.decode()
    assert "<html" not in page
    assert "every 2s" not in page
    assert "Line 3" in page
    assert "E-Mail: An email address must have an @-sign." in page


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"column-0": ""}, "Choose the column that holds the e-mail addresses."),
        ({"column-1": "email"}, "Two columns cannot be the same field."),
        ({"treatment": "x"}, "Select a valid choice"),
        ({"tags": "x" * 51}, "At most 50 tags"),
    ],
)
def test_what_cannot_be_chosen_is_told_and_nothing_starts(as_owner: Client, changed: dict[str, str], says: str) -> None:
    url = upload(as_owner)
    chosen = {"column-0": "email", "column-1": "", "column-2": "", "treatment": "skip"}
    answer = as_owner.post(url, {**chosen, **changed})
    assert answer.status_code == 422
    assert says in answer.content.decode()


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (b"", "The file is empty."),
        (b"email,name\n", "no rows besides its head"),
        (b'email\n"a@b.c\n', "Line 2: a quotation mark"),
        (b'"e" mail,name\na@b.c,x\n', "Line 1: This row is no CSV"),
        ((",".join(["x"] * 101) + "\na\n").encode(), "At most 100 columns."),
    ],
)
def test_file_that_cannot_be_taken_is_told_beside_it(as_owner: Client, given: bytes, says: str) -> None:
    answer = as_owner.post("/dashboard/imports/new/", {"file": SimpleUploadedFile("x.csv", given)})
    assert answer.status_code == 422
    assert says in answer.content.decode()
    assert list(repository.newest()) == []


def test_started_twice_is_started_once(as_owner: Client) -> None:
    url = upload(as_owner)
    chosen = {"column-0": "email", "column-1": "", "column-2": "", "treatment": "skip"}
    assert [as_owner.post(url, chosen).status_code for _ in range(2)] == [303, 303]


def test_bad_rows_come_as_a_file_that_can_be_imported_again(as_owner: Client) -> None:
    done = files.imported('E-Mail,Phone,Note\nnobody,+1 555 0100,"=1+1, two"\n')
    answer = as_owner.get(f"/dashboard/imports/{done.id}/not-imported.csv")
    text = b"".join(answer).decode()  # type: ignore[call-overload]
    head, row = csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""))
    assert head == ["import line", "import problem", "E-Mail", "Phone", "Note"]
    assert row == ["2", "E-Mail: An email address must have an @-sign.", "nobody", "'+1 555 0100", "'=1+1, two"]
    again = files.imported(text.replace("nobody", "somebody@example.com"))
    assert again.counts == Counts(created=1)
    somebody = files.person("somebody@example.com")
    assert somebody is not None
    assert somebody.fields.phone_number == "+1 555 0100"
    assert again.settings.columns == ("", "", "email", "phone_number", "")


def test_running_import_is_stopped(as_owner: Client) -> None:
    begun = files.started(TEXT)
    as_owner.post(f"/dashboard/imports/{begun.id}/cancel/")
    assert actions.get(begun.id).state == CANCELLING
    assert as_owner.post(f"/dashboard/imports/{begun.id}/cancel/").status_code == 303


def test_undo_asks_first_and_lists_what_is_left(as_owner: Client) -> None:
    done = files.imported(TEXT)
    url = f"/dashboard/imports/{done.id}/undo/"
    asked = as_owner.get(url).content.decode()
    assert "1 person whom it added is deleted." in asked
    assert "whom it changed" not in asked
    assert actions.get(done.id).state == DONE
    assert as_owner.post(url).status_code == 303
    assert actions.get(done.id).state == UNDOING
    assert as_owner.post(url).status_code == 409
    engine.store().note_freshness(clock.now())


def test_import_that_does_not_exist_is_not_found(as_owner: Client) -> None:
    assert as_owner.get("/dashboard/imports/nothing/").status_code == 404


def test_viewer_imports_nothing(as_viewer: Client) -> None:
    done = files.imported(TEXT)
    for path in ("", "new/", f"{done.id}/", f"{done.id}/undo/", f"{done.id}/not-imported.csv"):
        assert as_viewer.get(f"/dashboard/imports/{path}").status_code == 403, path
    assert "Import" not in as_viewer.get("/dashboard/people/").content.decode()


def test_list_shows_imports_newest_first(as_owner: Client) -> None:
    assert "No imports yet" in as_owner.get("/dashboard/imports/").content.decode()
    files.uploaded("email\na@example.com\n", "first.csv")
    files.uploaded("email\na@example.com\n", "second.csv")
    page = as_owner.get("/dashboard/imports/").content.decode()
    assert page.index("second.csv") < page.index("first.csv")


def test_form_of_an_import_that_was_started_meanwhile_leads_to_what_became_of_it(as_owner: Client) -> None:
    url = upload(as_owner)
    chosen = {"column-0": "email", "column-1": "", "column-2": "", "treatment": "skip"}
    assert as_owner.post(url, chosen).status_code == 303
    (found,) = repository.newest()
    files.worked(found)
    answer = as_owner.post(url, {**chosen, "treatment": "x"})
    assert (answer.status_code, answer["Location"]) == (303, url)
