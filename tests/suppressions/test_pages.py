"""The pages of the do-not-mail list."""

import csv
from io import BytesIO, StringIO

import pytest
from django.test import Client

from crm.suppressions import actions, imports
from tests.factories import ACTOR

pytestmark = pytest.mark.usefixtures("tables")
LIST, NEW, IMPORT, EXPORT = (f"/dashboard/suppressions/{part}" for part in ("", "new/", "import/", "export/"))


def add(email: str = "ada@example.com", reason: str = "bounced") -> str:
    return actions.add(email=email, reason=reason, actor=ACTOR)[0].id


def text_of(response: object) -> str:
    return b"".join(response.streaming_content).decode()  # type: ignore[attr-defined]


def file(content: bytes, name: str = "list.csv") -> BytesIO:
    made = BytesIO(content)
    made.name = name
    return made


def test_list_shows_address_reason_and_date(as_viewer: Client) -> None:
    add()

    page = as_viewer.get(LIST).text

    assert "ada@example.com" in page
    assert "bounced" in page
    assert "today" in page


def test_search_finds_by_address_and_reason(as_owner: Client) -> None:
    add()
    add("bob@example.com", "asked by phone")

    assert "ada@example.com" not in as_owner.get(LIST, {"q": "phone"}).text
    assert "ada@example.com" in as_owner.get(LIST, {"q": "ada"}).text
    assert "No address fits" in as_owner.get(LIST, {"q": "nothing"}).text


def test_list_is_part_of_people(as_viewer: Client) -> None:
    assert f'href="{LIST}"' in as_viewer.get("/dashboard/people/").text
    assert '<a href="/dashboard/people/" aria-current="true">' in as_viewer.get(LIST).text


def test_viewer_is_offered_nothing_to_change(as_viewer: Client) -> None:
    key = add()

    page = as_viewer.get(LIST).text

    assert "Remove" not in page
    assert NEW not in page
    for path in (NEW, IMPORT, f"{LIST}{key}/remove/"):
        assert as_viewer.post(path, {"email": "x@example.com"}).status_code == 403


def test_address_is_added(as_owner: Client) -> None:
    response = as_owner.post(NEW, {"email": "ada@example.com", "reason": "asked"})

    assert "ada@example.com added" in as_owner.get(response["Location"]).text
    assert actions.is_suppressed("ada@example.com")


def test_address_that_is_none_is_said_beside_its_field(as_owner: Client) -> None:
    response = as_owner.post(NEW, {"email": "nobody"})

    assert response.status_code == 422
    assert "id_email_error" in response.text


def test_removing_asks_first(as_owner: Client) -> None:
    path = f"{LIST}{add()}/remove/"

    assert "Remove ada@example.com?" in as_owner.get(path).text
    assert actions.is_suppressed("ada@example.com")
    as_owner.post(path)
    assert not actions.is_suppressed("ada@example.com")


def test_export_holds_all_that_the_search_finds(as_owner: Client) -> None:
    for number in range(120):
        add(f"p{number}@example.com")
    add("eve@example.com", "=HYPERLINK(1)")

    everything = list(csv.DictReader(StringIO(text_of(as_owner.get(EXPORT)))))
    found = list(csv.DictReader(StringIO(text_of(as_owner.get(EXPORT, {"q": "eve"})))))

    assert len(everything) == 121
    assert [(row["email"], row["reason"]) for row in found] == [("eve@example.com", "'=HYPERLINK(1)")]


def test_exported_file_can_be_imported_again(as_owner: Client) -> None:
    key = add("eve@example.com", "+1 asked by phone")
    exported = text_of(as_owner.get(EXPORT))
    actions.remove(suppression_id=key, actor=ACTOR)

    as_owner.post(IMPORT, {"file": file(exported.encode())})

    assert actions.get(key).reason == "+1 asked by phone"


def test_import_says_what_became_of_each_line(as_owner: Client) -> None:
    add("bob@example.com")
    content = "\ufeffemail;reason\nada@example.com;asked\nbob@example.com;x\nnobody;y\n".encode()

    sent = as_owner.post(IMPORT, {"file": file(content)})
    page = as_owner.get(sent["Location"]).text

    assert "Import of list.csv" in page
    assert "All rows are in" in page
    assert "nobody" in page
    assert actions.is_suppressed("ada@example.com")


def test_long_import_shows_how_far_it_is(as_owner: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imports, "AT_ONCE", 1)

    sent = as_owner.post(IMPORT, {"file": file(b"a@example.com\nb@example.com\n")})
    page = as_owner.get(sent["Location"]).text

    assert "0 of 2 addresses" in page
    assert 'hx-trigger="every 2s"' in page


@pytest.mark.parametrize("content", [b"", b"\xff\xfe"])
def test_file_that_cannot_be_read_is_said_beside_its_field(as_owner: Client, content: bytes) -> None:
    response = as_owner.post(IMPORT, {"file": file(content)})

    assert response.status_code == 422
    assert "id_file_error" in response.text


def test_import_without_a_file_is_said_beside_its_field(as_owner: Client) -> None:
    assert "id_file_error" in as_owner.post(IMPORT).text
