"""The rows beside the script: what people and programs did must be what is kept of it, and nothing else."""

from collections.abc import Mapping

from bench.week.check import Check
from bench.week.count import Ask, Count, touch
from bench.week.diary import Diary
from bench.week.rows import NO_TOUCH, Touch


def deeds(check: Check, count: Count, diary: Diary) -> None:
    """Compare mail by mail whether a human opened it and clicked in it, whether anything did, and who left."""
    wanted = {
        "opened": diary.opened,
        "opened_all": diary.opened_all | diary.opened,
        "clicked": diary.clicked,
        "clicked_all": diary.clicked_all | diary.clicked,
        "unsubscribed": diary.left,
    }
    for name, mails in wanted.items():
        found = {mail.id for mail in count.rows.mails if name in count.deeds_of(mail.id)}
        check.same("script", name, "mails", len(mails), len(found))
        for mail in sorted(mails ^ found):
            check.same("script", mail, name, mail in mails, mail in found)
    # Met by machines only, and by machines first: none of the one counts for a human, all of the other do.
    for kind, everybody, humans in (
        ("opened", diary.opened_all, diary.opened),
        ("clicked", diary.clicked_all, diary.clicked),
    ):
        only = everybody - humans
        counted = {mail for mail in only if kind in count.deeds_of(mail)}
        check.same("script", f"{len(only)} mails met by machines only", f"{kind} by a human", 0, len(counted))
    check.same("script", "answers", "that nobody should get", [], diary.problems)


def credited(check: Check, count: Count, diary: Diary, slugs: Mapping[str, str]) -> None:
    """Compare who has a place or waits, and what each is credited to; then that each counts once in each model."""
    rows = count.rows
    ids = {event: slug for slug, event in slugs.items()}
    found: dict[tuple[str, str], tuple[Touch, Touch]] = {}
    for place in rows.places:
        person = rows.people.get(place.person_id)
        if place.status != "cancelled" and person is not None:
            found[ids[place.event_id], person.email.lower()] = (place.first, place.last)
    wanted = {key: (first or NO_TOUCH, last or NO_TOUCH) for key, (first, last) in diary.credits.items()}
    check.same("script", "registrations", "number", len(wanted), len(found))
    for key in sorted(wanted.keys() | found.keys()):
        check.same("script", " / ".join(key), "first and last touch", wanted.get(key), found.get(key))
    for model in ("first", "last"):
        sources = {touch(place, model) for place in rows.places}
        asked = (Ask(model=model, utm=_utm(source)) for source in {source[:3] for source in sources})
        credits_ = sum(count.figures(one)["registered"] for one in asked)
        placed = sum(place.status == "registered" for place in rows.places)
        check.same("script", f"{model} touch", "credits of all sources", placed, credits_)


def _utm(source: tuple[str, ...]) -> dict[str, str]:
    return dict(zip(("utm_source", "utm_medium", "utm_campaign"), source, strict=True))
