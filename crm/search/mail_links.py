"""Which links a campaign's mail has, of the revisions that were laid out, and what is counted of each."""

from collections.abc import Iterable, Mapping, Sequence

from crm.search.documents import MailLinksDocument

# Of one link: humans' clicks of it, and all.
CLICKS = ("clicks", "clicks_all")
# Before them: mails in which a human clicked it, and in which anything did.
MEASURES = ("clicked", "clicked_all", *CLICKS)


def latest(found: Iterable[MailLinksDocument]) -> Mapping[str, Sequence[str]]:
    """Return campaign -> the links of its latest revision."""
    ordered = sorted(found, key=lambda document: document.revision)
    return {document.campaign_id: document.links for document in ordered}
