"""Gateways for messages to telephones: the terminal, and any HTTP service that checks a signature."""

from stream_jobs.notices.console import ConsoleNotices
from stream_jobs.notices.webhook import WebhookNotices
from stream_jobs.ports.notices import Notices
from stream_jobs.settings import Settings

__all__ = ["ConsoleNotices", "WebhookNotices", "notices_of"]


def notices_of(settings: Settings) -> Notices:
    """The gateway of the settings, else the terminal. Raises SettingInvalid."""
    if settings.notices_url is None:
        return ConsoleNotices()
    # A gateway on this machine may speak plain HTTP while nobody relies on the server: its database is embedded.
    return WebhookNotices(settings.notices_url, settings.notices_secret or "", loopback=settings.database_url is None)
