"""The form with which somebody registers, and how it tells people from programs."""

import time

from django import forms
from django.core.signing import BadSignature, Signer

from crm.core import outside
from crm.events.entities import Event
from crm.people.entities import MAX_LENGTHS
from crm.public import names

# Nobody types a name and an address sooner; nobody sits before an open page for longer.
QUICKEST_S, SLOWEST_S = 2.0, 24 * 3_600.0
_signer = Signer(salt="crm.public.form")


class RegisterForm(forms.Form):
    """Name, address and consent. `homepage` is seen by nobody: what fills it is a program. `shown`: when it was."""

    name = forms.CharField(
        label="Name",
        max_length=names.MOST,
        validators=[names.refuse_addresses],
        widget=forms.TextInput({"autocomplete": "name"}),
        error_messages={"required": "Tell us your name."},
    )
    email = forms.CharField(
        label="E-mail",
        max_length=MAX_LENGTHS["email"],
        widget=forms.EmailInput({"autocomplete": "email", "inputmode": "email", "spellcheck": "false"}),
        error_messages={"required": "Tell us where to send the confirmation."},
    )
    consent = forms.BooleanField(
        error_messages={"required": "Without this we may not keep your name and address, and cannot register you."},
    )
    homepage = forms.CharField(
        label="Leave this empty",
        required=False,
        widget=forms.TextInput({"autocomplete": "off", "tabindex": "-1"}),
    )
    shown = forms.CharField(required=False, max_length=500, widget=forms.HiddenInput)

    @property
    def is_trap_sprung(self) -> bool:
        """Whether what nobody sees was filled in."""
        return bool(self.data.get("homepage"))

    def refuse_programs(self, event: Event) -> None:
        """Ask once more for what came sooner than anybody types, or from a page that is out of date. Call when bound.

        People press the button again; the page that comes back carries what makes that work.
        """
        age = time.time() - shown_at(str(self.data.get("shown", "")), event)
        if age < QUICKEST_S:
            self.add_error(None, "That was very quick. Please press the button once more.")
        elif age > SLOWEST_S:
            self.data = {**{name: self.data.get(name) for name in self.data}, "shown": shown_now(event)}
            self.add_error(None, "This page had been open for long. Please press the button once more.")


def empty(event: Event) -> RegisterForm:
    """Return the form as a page first shows it."""
    form = RegisterForm(initial={"shown": shown_now(event)}, label_suffix="")
    form.fields["consent"].label = consent()
    return form


def filled(data: object, event: Event) -> RegisterForm:
    """Return the form as somebody sent it, checked."""
    form = RegisterForm(data, label_suffix="")  # type: ignore[arg-type]
    form.fields["consent"].label = consent()
    form.refuse_programs(event)
    return form


def consent() -> str:
    """Return what people agree to."""
    who = outside.sender()
    return f"{who} may keep my name and address and write to me about its events. I can stop that at any time."


def shown_now(event: Event) -> str:
    """Return a mark of this moment that only this event's form takes, with the words that whoever fills it in sees."""
    return _signer.sign_object([event.id, time.time(), consent()])


def shown_at(mark: str, event: Event) -> float:
    """Return the moment of a mark in seconds since 1970; 0, which is long ago, where we did not make it.

    The same where the page showed other words to agree to: nobody is taken to agree to what they did not see.
    """
    try:
        event_id, moment, words = _signer.unsign_object(mark)
    except (BadSignature, ValueError):
        return 0.0
    return float(moment) if (event_id, words) == (event.id, consent()) else 0.0
