"""What a stranger may give as a name: our mails greet with it whoever has the address that they gave.

So it may not be a message that leads somewhere, sent in our name to anybody. What staff write is their own affair.
"""

import re
import unicodedata

from django.core.exceptions import ValidationError

MOST = 80
# What mail programs make a link of. Initials stay: a dot before two characters or more is a domain's.
_ADDRESS = re.compile(r"[@/\\]|\bwww\.|[^\s.]\.[^\s.]{2}", re.IGNORECASE)
# Characters that nobody sees: soft hyphens, joiners, blanks of no width.
_UNSEEN = "Cf"


def refuse_addresses(name: str) -> None:
    """Refuse a name that holds an address on the web or of a mailbox.

    Raises:
        ValidationError: in words for whoever typed it.
    """
    # Browsers read these as the plain characters, the dot of Chinese among them (UTS #46).
    plain = unicodedata.normalize("NFKC", name).replace("\N{IDEOGRAPHIC FULL STOP}", ".")
    plain = "".join(letter for letter in plain if unicodedata.category(letter) != _UNSEEN)
    if _ADDRESS.search(plain):
        raise ValidationError("Type your name without a web or e-mail address in it, and with a blank after each dot.")
