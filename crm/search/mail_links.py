"""Which links a campaign's mail has, of the revisions that were laid out."""

from collections.abc import Iterable, Mapping, Sequence

from crm.search.documents import MailLinksDocument


def latest(found: Iterable[MailLinksDocument]) -> Mapping[str, Sequence[str]]:
    """Return campaign -> the links of its latest revision."""
    ordered = sorted(found, key=lambda document: document.revision)
    return {document.campaign_id: document.links for document in ordered}
