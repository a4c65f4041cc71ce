"""What mails meet, wave after wave: machines at delivery and later, then people, then what people decide."""

import random
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial

from bench.week import script
from bench.week.browser import Answer, Browser
from bench.week.diary import Diary, Journey
from bench.week.letters import Letter
from bench.week.rows import Touch
from bench.week.stage import Stage

SHOWN = re.compile(r'name="shown" value="([^"]+)"')
_OPENED, _CLICKED = ("opened",), ("clicked",)
# The ways in which clients say that nobody looks yet.
_IN_ADVANCE: tuple[tuple[str, Mapping[str, str]], ...] = (
    (script.APPLE_MAIL, {}),
    (script.HUMANS[1], {"Purpose": "prefetch"}),
    (script.HUMANS[0], {"Sec-Purpose": "prefetch;prerender"}),
    (script.HUMANS[3], {"X-Moz": "prefetch"}),
)
# More than sixty a minute is nobody.
_FLOOD = 70


@dataclass(slots=True)
class Somebody:
    """A person with a browser, the visits it remembers, and the form that is open in it."""

    address: str
    browser: Browser
    journey: Journey = field(default_factory=Journey)
    form: tuple[str, str] = ("", "")


@dataclass(slots=True)
class Readers:
    """Everybody who reads, with the diary of what they do."""

    stage: Stage
    diary: Diary
    seed: int
    known: dict[str, Somebody] = field(default_factory=dict)
    # Person -> address, as far as it was looked up.
    addresses: dict[str, str] = field(default_factory=dict)
    # Letter -> the person who was forwarded it.
    friends: dict[str, Somebody] = field(default_factory=dict)

    def somebody(self, address: str) -> Somebody:
        """Return who has this address, with the browser they had before."""
        if address not in self.known:
            agent = random.Random(f"{self.seed}/{address}").choice(script.HUMANS)
            self.known[address] = Somebody(address, self.stage.browser(agent))
        return self.known[address]

    def at_delivery(self, campaign: str, letter: Letter) -> None:
        """Be the machines that are there before anybody can be."""
        kind = script.reader(self.seed, campaign, letter.to)
        if not arrives(letter):
            return
        if kind.startswith("scanner"):
            self._scan(letter, [*letter.links, letter.pixel, letter.honeypot])
        elif kind == "prefetch":
            self._prefetch(letter)

    def machines(self, campaign: str, letter: Letter) -> None:
        """Be the machines that come later."""
        kind = script.reader(self.seed, campaign, letter.to)
        if kind.startswith("late scanner"):
            self._scan(letter, [letter.pixel, *letter.links])
        elif kind.startswith("honeypot"):
            self._scan(letter, [letter.pixel, letter.links[0], letter.honeypot])
        elif kind == "prefetch, then an open":
            self._prefetch(letter)
        elif kind == "head":
            self._asked(self.stage.browser(script.HUMANS[0]).ask("HEAD", letter.links[0]), letter, "clicked_all")
        elif kind == "curl":
            self._asked(self.stage.browser(script.CURL).get(letter.links[0]), letter, "clicked_all")

    def people(self, mailing: script.Mailing, campaign_id: str, letter: Letter) -> None:
        """Be the people: they open, click, look at pages, and pass mails on."""
        kind = script.reader(self.seed, mailing.name, letter.to)
        act = _ACTS.get(kind)
        if act is not None:
            act(self, letter, _touch(mailing, campaign_id), random.Random(f"{self.seed}/{letter.mail}"))

    def decisions(self, mailing: script.Mailing, letter: Letter) -> None:
        """Be those who made up their minds: they register, or leave."""
        kind = script.reader(self.seed, mailing.name, letter.to)
        if kind == "register":
            self.register(self.somebody(letter.to))
        elif kind == "forward":
            self.register(self.friends[letter.mail])
        elif kind.startswith("leave"):
            self._leave(letter, kind)

    def register(self, who: Somebody, **typed: str) -> None:
        """Send the form that is open in somebody's browser."""
        slug, shown = who.form
        random_ = random.Random(f"{self.seed}/{who.address}/{slug}")
        # The same person, however they spell their address.
        spelled = who.address.upper() if random_.random() < 0.1 else who.address
        form = {
            "name": f"Guest {who.address.partition('@')[0]}",
            "email": spelled,
            "consent": "on",
            "shown": shown,
        } | typed
        answer = who.browser.post(f"/e/{slug}", form)
        if answer.status != 303:
            self.diary.wrong(f"{who.address} was answered {answer.status} at /e/{slug}")
        elif "homepage" not in typed:
            self.diary.registered(slug, who.address, who.journey)

    def look(self, who: Somebody, url: str, touch: Touch) -> None:
        """Go to an address that leads to a page of ours or of others, and remember what a browser does."""
        end, page = who.browser.visit(url)
        if page is None:
            return
        shown = SHOWN.search(page.text)
        if page.status != 200 or shown is None:
            self.diary.wrong(f"{end} was answered {page.status}")
            return
        who.journey.came(touch)
        who.form = (end.partition("?")[0].rpartition("/")[2], shown[1])

    def _scan(self, letter: Letter, addresses: list[str]) -> None:
        browser = self.stage.browser(script.SCANNER)
        for address in addresses:
            kind = "opened_all" if address == letter.pixel else "clicked_all"
            self._asked(browser.get(address), letter, kind)

    def _prefetch(self, letter: Letter) -> None:
        agent, headers = random.Random(f"{self.seed}/{letter.mail}").choice(_IN_ADVANCE)
        self._asked(self.stage.browser(agent).get(letter.pixel, **headers), letter, "opened_all")

    def open(self, letter: Letter, _touch: Touch, random_: random.Random) -> None:
        """Load the mail's picture, once or again."""
        for _ in range(random_.choice((1, 1, 1, 2))):
            self._asked(self.somebody(letter.to).browser.get(letter.pixel), letter, *_OPENED)

    def click(self, letter: Letter, touch: Touch, random_: random.Random) -> None:
        """Follow one link; some see no pictures."""
        if random_.random() < 0.7:
            self.open(letter, touch, random_)
        self._follow(self.somebody(letter.to), letter, touch, random_.choice(letter.links))

    def click_twice(self, letter: Letter, touch: Touch, random_: random.Random) -> None:
        """Follow two links at once: no machine for that."""
        self.open(letter, touch, random_)
        for link in random_.sample(letter.links, 2):
            self._follow(self.somebody(letter.to), letter, touch, link)

    def go_to_page(self, letter: Letter, touch: Touch, random_: random.Random) -> None:
        """Open the mail and go to the page of an event, to register there."""
        self.open(letter, touch, random_)
        self._follow(self.somebody(letter.to), letter, touch, random_.choice(letter.links[:-2]))

    def pass_on(self, letter: Letter, touch: Touch, random_: random.Random) -> None:
        """Send somebody else the mail, or the address of the page it leads to."""
        friend = Somebody(
            f"friend-of-{letter.mail.split('/')[1].lower()}@elsewhere.example", self._new_browser(random_)
        )
        self.friends[letter.mail] = friend
        link = random_.choice(letter.links[:-2])
        if random_.random() < 0.5:
            self._follow(friend, letter, touch, link)
        else:
            reader = self.somebody(letter.to)
            self._follow(reader, letter, touch, link)
            self.look(friend, self._led_to(reader.browser, link), touch)
            self.diary.did(letter.mail, _CLICKED)

    def read_only(self, letter: Letter, touch: Touch, random_: random.Random) -> None:
        """Open the mail, before leaving."""
        self.open(letter, touch, random_)

    def flood(self, letter: Letter, _touch: Touch, _random: random.Random) -> None:
        """Load the picture more often than anybody would."""
        for _ in range(_FLOOD):
            self._asked(self.somebody(letter.to).browser.get(letter.pixel), letter, *_OPENED)

    def _led_to(self, browser: Browser, link: str) -> str:
        return browser.get(link).headers["location"]

    def _new_browser(self, random_: random.Random) -> Browser:
        return self.stage.browser(random_.choice(script.HUMANS))

    def _follow(self, who: Somebody, letter: Letter, touch: Touch, link: str) -> None:
        self.diary.did(letter.mail, _CLICKED)
        self.look(who, link, touch)

    def _leave(self, letter: Letter, kind: str) -> None:
        browser = self.somebody(letter.to).browser
        if kind == "leave by one click":
            answer = browser.post(letter.leave, {"List-Unsubscribe": "One-Click"})
        else:
            browser.get(letter.leave)
            answer = browser.post(letter.leave, {"choice": "kind" if kind == "leave one kind" else "all"})
        self._asked(answer, letter, "left")

    def _asked(self, answer: Answer, letter: Letter, *kinds: str) -> None:
        if answer.status not in {200, 302, 303}:
            self.diary.wrong(f"{letter.mail} was answered {answer.status}")
        self.diary.did(letter.mail, kinds)


_Act = Callable[[Readers, Letter, Touch, random.Random], None]
_ACTS: Mapping[str, _Act] = {
    "scanner, then a click": Readers.click,
    "late scanner, then a click": Readers.click,
    "honeypot, then a click": Readers.click,
    "prefetch, then an open": Readers.open,
    "open": Readers.open,
    "click": Readers.click,
    "two clicks": Readers.click_twice,
    "register": Readers.go_to_page,
    "forward": Readers.pass_on,
    "leave by one click": Readers.read_only,
    "leave on the page": Readers.read_only,
    "leave one kind": Readers.read_only,
    "flood": Readers.flood,
}


def arrives(letter: Letter) -> bool:
    """Whether a mail gets to its reader at all."""
    return letter.to.partition("+")[0] not in {"bounce", "softbounce", "reject"}


def _touch(mailing: script.Mailing, campaign_id: str) -> Touch:
    source, medium, campaign = (mailing.utm.get(f"utm_{name}", "") for name in ("source", "medium", "campaign"))
    return source, medium, campaign, campaign_id


def wave(stage: Stage, act: Callable[[Letter], object], letters: list[Letter]) -> None:
    """Let all of them do one thing."""
    stage.at_once([partial(act, letter) for letter in letters])
