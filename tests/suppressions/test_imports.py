"""A file of addresses comes into the do-not-mail list exactly once, however often its import is interrupted."""

import json
from dataclasses import replace

import pytest

from crm.audit import repository as audit
from crm.core import clock, dynamo, errors, transaction, walks
from crm.suppressions import actions, import_store, imports, queries
from crm.suppressions.entities import MAX_EMAIL, MAX_REASON, Import
from crm.suppressions.tables import RowsItem, import_pk
from tests.factories import ACTOR

pytestmark = pytest.mark.usefixtures("tables")


def never() -> bool:
    return False


def start(text: str | bytes) -> Import:
    given = text.encode() if isinstance(text, str) else text
    return imports.start(name="list.csv", given=given, actor=ACTOR)


def addresses(number: int) -> str:
    return "email\n" + "".join(f"p{i}@example.com\n" for i in range(number))


def test_short_file_is_taken_in_at_once_with_its_reasons() -> None:
    done = start("email;reason\nAda@example.com;asked by phone\nbob@example.com;\n")

    assert (done.is_done, done.added, done.known, done.refused) == (True, 2, 0, 0)
    assert {row.email: row.reason for row in queries.page().items} == {
        "Ada@example.com": "asked by phone",
        "bob@example.com": "imported",
    }


def test_address_that_stands_keeps_its_reason_and_is_counted_as_known() -> None:
    actions.add(email="ada@example.com", reason="bounced", actor=ACTOR)

    done = start("ADA@example.com,new reason\nbob@example.com\n")

    assert (done.added, done.known) == (1, 1)
    assert {row.reason for row in queries.page(text="ada").items} == {"bounced"}


def test_address_removed_before_stands_again() -> None:
    entry, _ = actions.add(email="ada@example.com", reason="bounced", actor=ACTOR)
    actions.remove(suppression_id=entry.id, actor=ACTOR)

    assert start("ada@example.com\n").added == 1
    assert actions.is_suppressed("ada@example.com")


def test_address_twice_in_a_file_is_one_and_every_line_is_accounted_for() -> None:
    done = start("ada@example.com\nADA@EXAMPLE.COM\nnobody\n")
    assert (done.rows, done.added, done.doubled, done.refused) == (1, 1, 1, 1)


def test_lines_that_cannot_be_taken_are_named_and_hold_up_no_other() -> None:
    done = start(f"email,reason\nnobody\nada@example.com,ok\n,why\nbob@example.com,{'x' * 201}\n")

    assert (done.added, done.refused) == (1, 3)
    assert [(problem.line, problem.text) for problem in done.problems] == [
        (2, "nobody"),
        (4, ""),
        (5, "bob@example.com"),
    ]


def test_every_import_has_an_audit_entry_for_every_address() -> None:
    start("ada@example.com,asked\n")

    (row,) = queries.page().items
    (entry,) = audit.history("suppression", row.id)

    assert (entry.action, entry.actor, entry.after["reason"]) == ("added", ACTOR, "asked")


def test_long_file_is_the_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imports, "AT_ONCE", 50)
    begun = start(addresses(51))

    assert (begun.next_row, begun.is_done) == (0, False)
    assert imports.run_open(never) == 1
    assert imports.get(begun.id).added == 51
    assert list(walks.open_walks()) == []


def test_import_stopped_anywhere_goes_on_and_counts_each_address_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imports, "AT_ONCE", 0)
    monkeypatch.setattr(import_store, "PART", 80)
    begun = start(addresses(130))
    steps = 0
    while not imports.get(begun.id).is_done:
        asked = iter([False, True])
        imports.run_open(lambda asked=asked: next(asked, True))  # type: ignore[misc]
        steps += 1
        assert steps < 10

    assert imports.get(begun.id).added == 130
    assert queries.page(limit=1).total == 130


def test_two_workers_at_once_count_each_address_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imports, "AT_ONCE", 0)
    begun = start(addresses(50))
    part_from, others = import_store.part_from, []

    def part_after_another_worker(found: Import) -> list[tuple[str, str]]:
        rows = part_from(found)
        if not others:
            others.append(True)
            imports.run_open(never)
        return rows

    monkeypatch.setattr(import_store, "part_from", part_after_another_worker)
    imports.run_open(never)

    done = imports.get(begun.id)
    assert (done.added, done.known) == (50, 0)


def test_address_added_by_hand_meanwhile_is_counted_as_known(monkeypatch: pytest.MonkeyPatch) -> None:
    advance, added = import_store.advance, []

    def advance_late(tx: transaction.Transaction, found: Import, taken: int, new: int) -> None:
        if not added:
            added.append(actions.add(email="p1@example.com", reason="by hand", actor=ACTOR))
        advance(tx, found, taken, new)

    monkeypatch.setattr(import_store, "advance", advance_late)

    done = start(addresses(3))

    assert (done.added, done.known) == (2, 1)


def test_rows_are_forgotten_once_they_are_in() -> None:
    done = start(addresses(3))

    assert import_store.part_from(done) == []
    with pytest.raises(LookupError):
        import_store.part_from(replace(done, next_row=0))


def test_import_whose_rows_are_gone_stays_open_without_a_hot_loop(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(imports, "AT_ONCE", 0)
    begun = start(addresses(3))
    import_store.forget_rows(begun)

    assert imports.run_open(never) == 0

    assert "are gone" in caplog.text
    assert len(list(walks.open_walks())) == 1


def test_longest_rows_of_a_part_fit_an_item() -> None:
    long = Import("long", "", ACTOR, import_store.PART, clock.now())
    import_store.store_rows("long", [("😀" * MAX_EMAIL, "😀" * MAX_REASON)] * import_store.PART)

    (item,) = dynamo.query(RowsItem, import_pk("long"))
    size = len(json.dumps(item.entries).encode())
    assert size < 390_000
    assert item.expires_at > clock.now()
    assert len(import_store.part_from(long)) == import_store.PART


@pytest.mark.parametrize(
    "given",
    [b"", b"email\n", b"x" * (imports.MAX_BYTES + 1), b"\xef\xbb\xbf\xff"],
    ids=["empty", "head only", "large", "no text"],
)
def test_file_that_holds_no_addresses_is_refused(given: bytes) -> None:
    with pytest.raises(errors.Invalid) as refused:
        start(given)

    assert list(refused.value.fields) == ["file"]
