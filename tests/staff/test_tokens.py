"""Rules of API tokens: shown once, stored as a hash, of no use once revoked or expired."""

from datetime import datetime, timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from crm.audit import repository as audit
from crm.core import clock, errors
from crm.core.dynamo import CrmItem
from crm.staff import actions, queries, repository, tokens
from crm.staff.entities import READ, SEND, WRITE, Caller
from crm.staff.tables import TOKEN_PK, TokenItem

pytestmark = pytest.mark.usefixtures("tables")


def issue(**choices: object) -> actions.Issued:
    """Make a token of no particular kind."""
    return actions.issue(**{"name": "Import", "scopes": [READ], "days": None, "actor": "staff:1", **choices})


def later(monkeypatch: pytest.MonkeyPatch, by: timedelta) -> datetime:
    """Move the clock."""
    moment = clock.now() + by
    monkeypatch.setattr(clock, "now", lambda: moment)
    return moment


def test_token_names_its_caller_and_what_they_may() -> None:
    issued = issue(scopes=[READ, WRITE])
    assert tokens.caller(issued.text) == Caller(f"token:{issued.token.id}", frozenset({READ, WRITE}))


def test_token_text_is_stored_nowhere() -> None:
    secret = issue().text.split("_", 2)[2]
    stored = [str(item.attribute_values) for item in CrmItem.query(TOKEN_PK)]
    assert len(stored) == 1
    assert secret not in stored[0]


@pytest.mark.parametrize("text", ["", "crm", "crm_", "crm__", "crm_x_y", "crm_ü_y", "x" * 10_000, "bearer"])
def test_text_that_is_no_token_names_nobody(text: str) -> None:
    assert tokens.caller(text) is None


@pytest.mark.parametrize("change", ["other-prefix", "other-secret", "longer", "other-id"])
def test_altered_token_names_nobody(change: str) -> None:
    prefix, token_id, secret = issue().text.split("_", 2)
    altered = {
        "other-prefix": f"CRM_{token_id}_{secret}",
        "other-secret": f"{prefix}_{token_id}_{'A' * len(secret)}",
        "longer": f"{prefix}_{token_id}_{secret}A",
        "other-id": f"{prefix}_{issue().token.id}_{secret}",
    }
    assert tokens.caller(altered[change]) is None


def test_revoked_token_is_useless_at_once() -> None:
    issued = issue()
    actions.revoke(token_id=issued.token.id, actor="staff:1")
    assert tokens.caller(issued.text) is None


def test_expired_token_is_useless(monkeypatch: pytest.MonkeyPatch) -> None:
    text = issue(days=30).text
    later(monkeypatch, timedelta(days=29, hours=23))
    assert tokens.caller(text) is not None
    later(monkeypatch, timedelta(hours=2))
    assert tokens.caller(text) is None


def test_use_is_noted_once_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    issued = issue()
    tokens.caller(issued.text)
    first = queries.token(issued.token.id).last_used_at
    assert first is not None
    later(monkeypatch, timedelta(seconds=50))
    with monkeypatch.context() as patch:
        patch.setattr(repository, "touch", lambda *_: pytest.fail("a request within the minute writes nothing"))
        tokens.caller(issued.text)
    assert queries.token(issued.token.id).last_used_at == first
    moment = later(monkeypatch, timedelta(seconds=20))
    tokens.caller(issued.text)
    assert queries.token(issued.token.id).last_used_at == moment


def test_throttled_note_does_not_fail_the_request(monkeypatch: pytest.MonkeyPatch) -> None:
    def throttled(*_: object) -> None:
        raise errors.Busy

    issued = issue()
    monkeypatch.setattr(repository, "touch", throttled)
    assert tokens.caller(issued.text) is not None


@pytest.mark.parametrize(
    ("choices", "field"),
    [
        ({"name": " "}, "name"),
        ({"name": "x" * 101}, "name"),
        ({"name": "a\nb"}, "name"),
        ({"scopes": []}, "scopes"),
        ({"scopes": ["everything"]}, "scopes"),
        ({"days": 0}, "days"),
        ({"days": 3_651}, "days"),
    ],
)
def test_token_that_breaks_a_rule_is_not_made(choices: dict[str, object], field: str) -> None:
    with pytest.raises(errors.Invalid) as refused:
        issue(**choices)
    assert set(refused.value.fields) == {field}
    assert not list(CrmItem.query(TOKEN_PK))


def test_making_and_revoking_are_audited_without_the_secret() -> None:
    issued = issue()
    actions.revoke(token_id=issued.token.id, actor="staff:2")
    entries = audit.history("token", issued.token.id)
    assert [(entry.action, entry.actor) for entry in entries] == [("revoked", "staff:2"), ("created", "staff:1")]
    assert issued.token.secret_hash not in str(entries)


def test_revoking_again_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    issued = issue()
    actions.revoke(token_id=issued.token.id, actor="staff:1")
    before = TokenItem.get(TOKEN_PK, issued.token.id).attribute_values
    actions.revoke(token_id=issued.token.id, actor="staff:1")
    assert TokenItem.get(TOKEN_PK, issued.token.id).attribute_values == before


def test_unknown_token_cannot_be_revoked() -> None:
    with pytest.raises(errors.NotFound):
        actions.revoke(token_id="nobody", actor="staff:1")


def test_command_prints_the_token_alone() -> None:
    out = StringIO()
    call_command("create_token", "Import", "--scope", "read", "--scope", "send", "--days", "7", stdout=out)
    caller = tokens.caller(out.getvalue().strip())
    assert caller is not None
    assert caller.scopes == {READ, SEND}


def test_command_says_which_rule_was_broken() -> None:
    with pytest.raises(CommandError, match="days"):
        call_command("create_token", "Import", "--days", "0")
