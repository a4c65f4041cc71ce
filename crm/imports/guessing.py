"""What the columns of a file are likely to be, by their heads as common programs write them, in several languages."""

import unicodedata
from collections.abc import Mapping, Sequence

from crm.imports.entities import EMAIL, FULL_NAME, TAGS

# Heads as `_plain` spells them: letters and digits only, without accents.
_KNOWN: Mapping[str, str] = {
    EMAIL: "email emailaddress mail mailaddress emailadresse mailadresse adressemail adresseemail adresseelectronique "
    "courriel correo correoelectronico direccionemail direcciondecorreoelectronico indirizzoemail posta emailadres "
    "enderecodeemail epost epostadress email1value email1address emailprimary primaryemail workemail attendeeemail "
    "adresemail adresmail sahkoposti",
    "first_name": "firstname first givenname given forename vorname prenom nombre nome voornaam nombredepila "
    "primeironome fornamn fornavn imie etunimi attendeefirstname fname",
    "last_name": "lastname last familyname surname nachname familienname nomdefamille nom apellido apellidos cognome "
    "achternaam sobrenome efternamn etternavn nazwisko sukunimi attendeelastname lname",
    FULL_NAME: "name fullname displayname contactname contact vollstandigername nomcomplet nombrecompleto "
    "nomecompleto nomecompletto volledigenaam attendeename",
    "phone_number": "phone phonenumber telephone telephonenumber mobile mobilephone mobilenumber cell cellphone tel "
    "telefon telefonnummer handy handynummer mobil mobiltelefon telefono numerodetelefono celular movil cellulare "
    "telefoonnummer telefoon numerodetelephone portable phone1value businessphone workphone telemovel puhelin",
    "job_title": "jobtitle title position role job occupation berufsbezeichnung beruf funktion poste fonction cargo "
    "puesto ruolo functie funcao organization1title organizationtitle stanowisko titel jobfunction",
    "company": "company companyname organization organisation employer firma unternehmen arbeitgeber entreprise "
    "societe empresa azienda societa bedrijf organization1name organizationname firmenname yritys foretag",
    "city": "city town ort stadt wohnort ville ciudad citta plaats woonplaats cidade miasto businesscity homecity "
    "address1city workcity locality localidad stad kaupunki",
    "state": "state province region bundesland kanton etat departement estado provincia regione staat businessstate "
    "homestate address1region stateprovince stateregion county wojewodztwo",
    TAGS: "tags tag labels label groups groupmembership categories category schlagworte schlagworter etiquettes "
    "etiquetas etichette kategorien lists",
    "gender": "gender sex geschlecht sexe genre genero sesso geslacht anrede",
    "avatar": "avatar picture photo image photourl avatarurl imageurl bild foto",
}
_FIELDS = {head: field for field, heads in _KNOWN.items() for head in heads.split()}


def columns(head: Sequence[str], samples: Sequence[Sequence[str]]) -> tuple[str, ...]:
    """Return a field, or nothing, for each column; each field once, its first column's.

    Where no head is an e-mail address's, the first column whose samples all look like one is taken for it.
    """
    guessed: list[str] = []
    for name in head:
        field = _FIELDS.get(_plain(name), "")
        guessed.append("" if field in guessed else field)
    if EMAIL not in guessed:
        place = next((place for place in range(len(head)) if _are_addresses(samples, place)), None)
        if place is not None:
            guessed[place] = EMAIL
    return tuple(_without_doubles(guessed))


def is_head(cells: Sequence[str]) -> bool:
    """Tell whether a file's first row names its columns: no head is an e-mail address."""
    return not any("@" in cell for cell in cells)


def _without_doubles(guessed: list[str]) -> list[str]:
    """A full name beside a first name would be taken twice."""
    has_parts = "first_name" in guessed or "last_name" in guessed
    return ["" if field == FULL_NAME and has_parts else field for field in guessed]


def _are_addresses(samples: Sequence[Sequence[str]], place: int) -> bool:
    cells = [row[place] for row in samples if place < len(row) and row[place]]
    return bool(cells) and all("@" in cell for cell in cells)


def _plain(head: str) -> str:
    letters = unicodedata.normalize("NFKD", head.casefold())
    return "".join(char for char in letters if char.isalnum())
