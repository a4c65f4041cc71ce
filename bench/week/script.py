"""Who is mailed, and what each of them will do: drawn from the seed, known before anything happens."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

HUMANS = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Safari/605.1.15",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_7 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148",
    "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0",
    # A telephone, for all that its name ends like a robot's.
    "Mozilla/5.0 (Linux; Android 12; CUBOT KINGKONG) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Mobile",
)
# Gateways that fetch links call themselves browsers as often as not. No reader here has this one: people who click by a
# browser of the same name within half a minute after the hidden link was followed are taken for who followed it.
SCANNER = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36"
)
APPLE_MAIL = "Mozilla/5.0"
CURL = "curl/8.14.1"

# What becomes of an address's mail at the other side; the simulator of SES reads it off the address.
FATES = ("bounce", "softbounce", "delay", "reject", "complaint")
_FATE_SHARES = {"bounce": 0.012, "softbounce": 0.005, "delay": 0.01, "reject": 0.003}
# Of so many people one complains: more than one in a thousand mails, and campaigns pause themselves.
_COMPLAINS = 1_500

# What a mail meets, in a thousand. Machines come first, people after them: their clicks must count all the same.
READERS: Mapping[str, int] = {
    "scanner": 40,
    "scanner, then a click": 25,
    "late scanner": 15,
    "late scanner, then a click": 15,
    "honeypot": 15,
    "honeypot, then a click": 10,
    "prefetch": 50,
    "prefetch, then an open": 30,
    "head": 8,
    "curl": 8,
    "open": 150,
    "click": 70,
    "two clicks": 15,
    "register": 70,
    "forward": 25,
    "leave by one click": 6,
    "leave on the page": 5,
    "leave one kind": 3,
    "flood": 1,
}
_OF = 1_000


@dataclass(frozen=True, slots=True)
class Mailing:
    """A campaign: to whom, how its links are tagged, and what goes wrong at SES meanwhile (`faults`).

    `stopped`: what staff do with it half way, pause or cancel; empty where it runs through.
    """

    name: str
    company: str
    utm: Mapping[str, str] = field(default_factory=dict)
    faults: Mapping[str, object] = field(default_factory=dict)
    stopped: str = ""


# The first and the third go to the same people with the same tags, the second shares source and medium with them. SES's
# events are told up to ten times, the newest first.
MAILINGS = (
    Mailing("June invitation", "alpha", {"utm_source": "newsletter", "utm_medium": "email", "utm_campaign": "june"}),
    Mailing(
        "July invitation",
        "beta",
        {"utm_source": "newsletter", "utm_medium": "email", "utm_campaign": "july"},
        # About one mail only: what SES says of the account stops the campaign.
        {"repeat_events": 2, "reverse_events": True, "client_error": 0.01, "error_code": "BadRequestException"},
    ),
    Mailing(
        "June reminder",
        "alpha",
        {"utm_source": "newsletter", "utm_medium": "email", "utm_campaign": "june"},
        {"repeat_events": 1, "reverse_events": True, "drop_answer": 0.005},
    ),
    Mailing(
        "Partners",
        "gamma",
        {"utm_source": "Müller & Söhne", "utm_medium": "e mail"},
        {"repeat_events": 9, "reverse_events": True, "lose_events": 0.05},
        stopped="pause",
    ),
    Mailing("Untagged", "delta", {}, {"repeat_events": 4}, stopped="cancel"),
)
# Of all mails, in hundredths: alpha is mailed twice.
SHARES = {"alpha": 35, "beta": 20, "gamma": 5, "delta": 5}


def crowds(mails: int, seed: int) -> Mapping[str, Sequence[str]]:
    """Return company -> the addresses of its people, so many that the campaigns have this number of mails."""
    return {company: _addresses(company, mails * share // 100, seed) for company, share in SHARES.items()}


def _addresses(company: str, number: int, seed: int) -> list[str]:
    random_ = random.Random(f"{seed}/{company}")
    complaining = set(random_.sample(range(number), number // _COMPLAINS or (company == "alpha")))
    found = []
    for place in range(number):
        drawn = random_.random()
        fate = "complaint" if place in complaining else ""
        for name, share in _FATE_SHARES.items():
            if not fate and 0 <= drawn < share:
                fate = name
            drawn -= share
        found.append(f"{fate}{'+' if fate else ''}{company}-{place}@people.example")
    return found


def reader(seed: int, campaign: str, address: str) -> str:
    """Return what a mail of this campaign meets at this address, empty for nothing."""
    drawn = random.Random(f"{seed}/{campaign}/{address}").randrange(_OF)
    for name, share in READERS.items():
        if drawn < share:
            return name
        drawn -= share
    return ""


def body(site: str, slugs: Sequence[str]) -> str:
    """Return what the campaigns say: two events of ours, and two pages of others."""
    ours = "\n".join(f"- [Come to {slug}]({site}/e/{slug})" for slug in slugs)
    return f"Hello {{{{ firstName|there }}}},\n\n{ours}\n- [Travel](https://travel.example/map?a=1#b)\n- https://a.example/x"
