"""`manage.py verify_analytics`: finds what was planted, and nothing else."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from crm.search import engine
from crm.search.sqlite import SqliteSearchStore

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("some_mails")]


def plant(sql: str) -> None:
    """Write past the projection."""
    store = engine.store()
    assert isinstance(store, SqliteSearchStore)
    with store.database.write() as connection:
        assert connection.execute(sql).rowcount > 0


def verified() -> str:
    """Return what the command prints."""
    told = StringIO()
    call_command("verify_analytics", stdout=told)
    return told.getvalue()


def test_nothing_is_found_where_nothing_is_wrong() -> None:
    assert "Every rolled-up figure is that of its rows." in verified()


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE tallies SET count = count + 1 WHERE measure = 'clicked' AND bucket = -1",
        "DELETE FROM tallies WHERE measure = 'sent' AND utm_source = 'newsletter'",
        "INSERT INTO tallies VALUES ('registered_first', 7, 'a', 'b', 'c', '', 1)",
        "UPDATE tallies SET count = count + 1 WHERE measure = 'sent' AND bucket < -1",
        "UPDATE moments SET count = count + 1 WHERE measure = 'sent'",
        "UPDATE event_tallies SET attended = attended + 1 WHERE bucket = -1",
        "INSERT INTO event_tallies VALUES (-1, 'nowhere', 0, 0, 1)",
        "UPDATE link_tallies SET clicks = clicks + 1 WHERE bucket = -1",
        "DELETE FROM link_tallies WHERE bucket > 0",
        "UPDATE clicks SET link = link + 1",
        "DELETE FROM clicks WHERE human = 1",
        "UPDATE engaged SET human = 7 WHERE kind = 'open'",
        "UPDATE clicked SET total = total + 1",
        "UPDATE engagement_sums SET people = people + 1",
        "DELETE FROM outcomes WHERE outcome = 'bounced'",
        "UPDATE engagements SET link = link + 1 WHERE kind = 'click' AND verdict = 'human'",
        "UPDATE engagements SET verdict = 'machine' WHERE kind = 'open' AND verdict = 'human'",
        "UPDATE deliveries SET outcome = 'delivered' WHERE outcome = 'bounced'",
        "UPDATE registrations SET attended = 1 WHERE attended = 0 AND status = 'registered'",
    ],
)
def test_a_planted_difference_is_found(sql: str) -> None:
    plant(sql)
    with pytest.raises(CommandError, match="not those of their rows"):
        verified()


def test_what_differs_is_named_with_both_numbers(capsys: pytest.CaptureFixture[str]) -> None:
    plant("UPDATE tallies SET count = 70 WHERE measure = 'unsubscribed' AND bucket = -1")
    with pytest.raises(CommandError, match=r"^1 figures"):
        call_command("verify_analytics")
    assert "newsletter/email/tech_conf_2025/c/unsubscribed: rolled up 70, counted 1" in capsys.readouterr().out
