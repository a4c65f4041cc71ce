"""What becomes of the rows of a file of people."""

from dataclasses import asdict

import pytest

from crm.audit import repository as audit
from crm.core import addresses, errors
from crm.imports import actions, errors_file, repository, row_store, taking, uploads
from crm.imports.entities import CANCELLED, CREATE, DONE, RUNNING, SKIP, SKIPPED, Counts, Taken
from crm.people import actions as people_actions
from tests import factories
from tests.factories import ACTOR
from tests.imports import files

pytestmark = pytest.mark.usefixtures("tables")


@pytest.fixture(autouse=True)
def short_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a few rows be more than one part."""
    monkeypatch.setattr(uploads, "PART", 10)


def test_new_address_becomes_a_person_with_an_audit_entry() -> None:
    done = files.imported("E-Mail;Vorname;Nachname;Tags\nZOE@Example.com;Zoë;Z;vip | press\n", tags=("fair",))
    zoe = files.person("zoe@example.com")
    assert zoe is not None
    assert (zoe.fields.email, zoe.fields.first_name) == ("zoe@example.com", "Zoë")
    assert zoe.fields.tags == ("vip", "press", "fair")
    assert [(entry.action, entry.actor) for entry in audit.history("person", zoe.id)] == [("created", ACTOR)]
    assert (done.state, done.counts) == (DONE, Counts(created=1))


def test_known_address_is_updated_but_for_empty_cells_and_gets_more_tags() -> None:
    known = factories.person(email="Ada@example.com", company="Initech", city="Bonn", tags=("old",))
    done = files.imported("email,company,city,tags\nADA@EXAMPLE.COM,Globex,,new\n")
    ada = files.person("ada@example.com")
    assert ada is not None
    assert ada.id == known.id
    assert asdict(ada.fields) == {**asdict(known.fields), "company": "Globex", "tags": ("old", "new")}
    assert done.counts == Counts(updated=1)


def test_known_address_is_left_alone_where_chosen() -> None:
    known = factories.person(email="ada@example.com", company="Initech")
    done = files.imported("email,company\nada@example.com,Globex\nnew@example.com,\n", SKIP)
    assert files.person("ada@example.com") == known
    assert done.counts == Counts(created=1, skipped=1)


def test_known_address_is_refused_where_only_new_people_are_wanted() -> None:
    factories.person(email="ada@example.com")
    done = files.imported("Mail,company\nada@example.com,Globex\n", CREATE)
    assert done.counts == Counts(refused=1)
    assert files.bad(done)[0].words == "Mail: Somebody with this e-mail address exists already."


def test_row_that_changes_nothing_is_counted_as_left_alone() -> None:
    known = factories.person(email="ada@example.com", company="Initech")
    assert files.imported("email,company\nada@example.com,Initech\n").counts == Counts(skipped=1)
    assert files.person("ada@example.com") == known


def test_bad_rows_are_kept_with_line_column_and_reason() -> None:
    text = 'Mail,Firma\na@example.com,"two\nlines"\nnobody,x\n,y\nb@example.com,' + "x" * 201 + "\nc@example.com,d,e\n"
    bad = files.bad(files.imported(text))
    assert [row.line for row in bad] == [2, 4, 5, 6, 7]
    assert [row.reasons[0][0] for row in bad] == ["Firma", "Mail", "Mail", "Firma", ""]
    assert bad[0].words == "Firma: Control characters are not allowed."
    assert bad[4].words.startswith("More cells than columns: 3 instead of 2.")
    assert bad[1].cells == ("nobody", "x")


def test_of_an_address_that_comes_twice_the_first_row_counts() -> None:
    rows = [f"a{number}@example.com,{number}" for number in range(uploads.PART + 1)]
    twins = [f"{name}@example.com,{name}x" for name in ("twin", "TWIN", "Twin")]
    text = "\n".join(["email,company", *twins[:2], *rows, twins[2]])
    done = files.imported(text)
    twin = files.person("twin@example.com")
    assert twin is not None
    assert twin.fields.company == "twinx"
    assert [(row.line, row.words) for row in files.bad(done)] == [
        (3, "email: The same address as on line 2."),
        (len(rows) + 4, "email: The same address as on line 2."),
    ]
    assert done.counts == Counts(created=len(rows) + 1, refused=2)


def test_rows_of_a_part_that_a_kill_cut_off_are_not_done_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    begun = files.started("email,company\n" + "".join(f"p{number}@example.com,x\n" for number in range(9)) + "bad,\n")
    real = taking._create
    seen: list[int] = []

    def killed(*args: object) -> str:
        seen.append(1)
        if len(seen) > 4:
            raise SystemExit
        return real(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(taking, "_create", killed)
    with pytest.raises(SystemExit), files.one_by_one() as pool:
        taking.run(begun.id, pool, files.never)
    monkeypatch.setattr(taking, "_create", real)
    done = files.worked(begun)
    assert done.counts == Counts(created=9, refused=1)
    for number in range(9):
        found = files.person(f"p{number}@example.com")
        assert found is not None
        assert len(audit.history("person", found.id)) == 1


def test_worker_that_lags_behind_another_changes_and_counts_nothing() -> None:
    begun = files.started("email\na@example.com\nbad\n")
    with files.one_by_one() as pool:
        late = taking._took(begun, pool)
        done = files.worked(begun)
    assert late == done.counts
    assert not repository.advance(begun, late)
    assert actions.get(begun.id) == done


def test_stopped_import_goes_on_where_it_was() -> None:
    begun = files.started("email\n" + "".join(f"p{number}@example.com\n" for number in range(uploads.PART + 1)))
    asked: list[int] = []

    def stop() -> bool:
        asked.append(1)
        return len(asked) > 1

    with files.one_by_one() as pool:
        assert not taking.run(begun.id, pool, stop)
    half = actions.get(begun.id)
    assert (half.state, half.counts) == (RUNNING, Counts(created=uploads.PART))
    assert files.worked(begun).counts == Counts(created=uploads.PART + 1)


def test_cancelled_import_counts_what_is_in_and_takes_nothing_more() -> None:
    begun = files.started("email\na@example.com\nb@example.com\nbad\n")
    row_store.record_alone(begun.id, _first())
    actions.cancel(import_id=begun.id, actor=ACTOR)
    done = files.worked(begun)
    assert (done.state, done.counts, done.unreached) == (CANCELLED, Counts(skipped=1, refused=1), 1)
    with pytest.raises(errors.Conflict):
        actions.cancel(import_id=begun.id, actor=ACTOR)


def _first() -> Taken:
    return Taken(addresses.digest("a@example.com"), 2, "somebody", SKIPPED, {}, {})


def test_kinds_of_mail_left_by_somebody_deleted_are_theirs_again() -> None:
    gone = factories.person(email="ada@example.com")
    factories.leave(gone, "newsletter")
    people_actions.delete(person_id=gone.id, actor=ACTOR)
    files.imported("email\nada@example.com\n")
    ada = files.person("ada@example.com")
    assert ada is not None
    assert ada.unsubscribed_from == ("newsletter",)


def test_tag_in_another_case_is_the_one_somebody_has() -> None:
    factories.person(email="ada@example.com", tags=("VIP",))
    done = files.imported("email,tags\nada@example.com,vip;new\nbob@example.com,Fair;fair\n", tags=("FAIR",))
    ada, bob = files.person("ada@example.com"), files.person("bob@example.com")
    assert ada is not None
    assert bob is not None
    assert (ada.fields.tags, bob.fields.tags) == (("VIP", "new", "FAIR"), ("Fair",))
    files.undone(done)
    restored = files.person("ada@example.com")
    assert restored is not None
    assert restored.fields.tags == ("VIP",)


def test_first_row_of_a_file_without_a_head_is_somebody() -> None:
    done = files.imported("ada@example.com;x\nbob@example.com;y\n")
    assert (done.rows, done.counts.created) == (2, 2)


def test_file_of_too_many_rows_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "MAX_ROWS", 2)
    assert files.uploaded("email\na\nb\n").rows == 2
    with pytest.raises(errors.Invalid, match="At most 2 rows"):
        files.uploaded("email\na\nb\nc\n")


def test_file_of_bad_rows_that_is_still_bad_says_so_once() -> None:
    head, rows = errors_file.of(files.imported("email,city\nnobody,Rome,more\n"))
    again = files.imported("\n".join(",".join(cell.replace(",", "") for cell in row) for row in (head, *rows)))
    assert errors_file.of(again)[0] == head == ["import line", "import problem", "email", "city"]
    (row,) = errors_file.of(again)[1]
    assert row[2:] == ["nobody", "Rome", "more"]
