"""Sessions of the AWS SDK that share one reader of its service descriptions, of which each keeps megabytes."""

from functools import cache

from botocore.session import Session, get_session


def session() -> Session:
    """Return a new session. Not to be shared by threads while it makes clients."""
    own = get_session()
    share(own)
    return own


def share(session: Session) -> None:
    """Let a session that was made elsewhere read as all others do."""
    session.register_component("data_loader", _loader())


@cache
def _loader() -> object:
    return get_session().get_component("data_loader")
