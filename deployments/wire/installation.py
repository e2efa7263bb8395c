"""What `lifecycle doctor` and `lifecycle config show` find, for programs."""

import re
from collections.abc import Callable
from typing import Final, Literal, Self
from urllib.parse import urlsplit

from deployments.wire.base import Wire
from lifecycle_core.settings import NO_KEY, Settings

PASSWORDS: Final = re.compile(r"(?<=://)([^:/?#@]*):.*(?=@)|((?<=[?&]password=)[^&]*)")

Source = Literal["command line", "environment", "default"]


class FindingWire(Wire):
    """One look at the installation; `remedy` is empty where all is well."""

    name: str
    state: Literal["ok", "warning", "failure"]
    found: str
    remedy: str


class FindingsWire(Wire):
    """All of them."""

    findings: list[FindingWire]


class RevisionWire(Wire):
    """The revision of the database's schema; None where it has none."""

    database: str
    revision: str | None


class SchemaWire(Wire):
    """The database's schema brought from one revision to another, and those that were applied or taken back, in that order."""

    database: str
    before: str | None
    after: str | None
    moved: list[str]


class SettingWire(Wire):
    """One setting: the variable that sets it, its value with passwords masked, and where that came from."""

    name: str
    value: str | None
    source: Source


class SettingsWire(Wire):
    """All of them."""

    settings: list[SettingWire]

    @classmethod
    def of(cls, it: Settings, source: Callable[[str], Source]) -> Self:
        """Shape them; source : where the value of each came from."""
        values = _values(it, source)
        return cls(settings=[SettingWire(name=name, value=value, source=source(name)) for name, value in values.items()])


def _values(it: Settings, source: Callable[[str], str]) -> dict[str, str | None]:
    models, asked = it.models, it.models or it.agent
    prefix = _deciding(source, "LIFECYCLE_OPENAI", "OPENAI")
    values = {
        "LIFECYCLE_DATA_DIR": it.data_dir,
        "LIFECYCLE_DATABASE_URL": masked(it.database_url),
        "LIFECYCLE_DATABASE_CONNECTIONS": it.database_connections,
        "LIFECYCLE_KEEP_MESSAGES_DAYS": it.keep_messages_days,
        "LIFECYCLE_KEEP_CONVERSATIONS_DAYS": it.keep_conversations_days,
        "LIFECYCLE_API_HOST": it.api_host,
        "LIFECYCLE_API_NAMES": ", ".join(it.api_names) or None,
        "LIFECYCLE_API_PORT": it.api_port,
        "LIFECYCLE_RATE_LIMIT": it.rate_limit or "none",
        "LIFECYCLE_LOG_LEVEL": it.log_level,
        "LIFECYCLE_PREFECT_PORT": it.prefect_port,
        "LIFECYCLE_PREFECT_API_URL": it.prefect_api and masked(it.prefect_api),
        "LIFECYCLE_AUDIT_ANCHORS": it.audit_anchors,
        "LIFECYCLE_AUDIT_KEY": "***" if it.audit_key else None,
        "LIFECYCLE_CLOCK": it.clock,
        "LIFECYCLE_WATCH_SECONDS": it.watch_seconds,
        f"{prefix}_BASE_URL": masked(models.base_url) if models else None,
        f"{prefix}_API_KEY": "***" if models and models.api_key != NO_KEY else None,
        "LIFECYCLE_MODEL": models.model if models else None,
        "LIFECYCLE_MODEL_TIMEOUT_SECONDS": asked.timeout_s if asked else None,
        "LIFECYCLE_MODEL_RETRIES": asked.max_retries if asked else None,
        "LIFECYCLE_AGENT_BASE_URL": masked(it.agent.base_url) if it.agent else None,
        "LIFECYCLE_AGENT_API_KEY": "***" if it.agent and it.agent.api_key != NO_KEY else None,
        "LIFECYCLE_REPLAYS_AT_ONCE": it.replays_at_once,
        "LIFECYCLE_MODEL_PRICES": it.model_prices,
        "LIFECYCLE_ALLOWED_HOSTS": ", ".join(it.allowed_hosts) or None,
        "LIFECYCLE_WEBHOOKS": f"{len(it.webhooks)}, by host: {', '.join(map(host_of, it.webhooks))}" if it.webhooks else None,
        "LIFECYCLE_WEBHOOK_SECRET": "***" if it.webhook_secret else None,
        "LIFECYCLE_CHAT_SERVICES": f"{len(it.chat_services)}, ***" if it.chat_services else None,
    }
    return {name: None if value is None else str(value) for name, value in values.items()}


def _deciding(source: Callable[[str], str], *prefixes: str) -> str:
    """Which of the prefixes names the endpoint or the key that is used."""
    given = (it for it in prefixes if any(source(f"{it}_{name}") != "default" for name in ("BASE_URL", "API_KEY")))
    return next(given, prefixes[0])


def host_of(url: str) -> str:
    """The host that a webhook goes to; the rest of its address is often a secret.

    >>> host_of("https://hooks.example/T0/B0/s3cret")
    'hooks.example'
    """
    return urlsplit(url).hostname or "-"


def masked(url: str) -> str:
    """A URL without its password.

    >>> masked("postgresql://ada:se@cret@db.example/agent?password=other&x=1")
    'postgresql://ada:***@db.example/agent?password=***&x=1'
    >>> masked("sqlite:////srv/agent/lifecycle.db")
    'sqlite:////srv/agent/lifecycle.db'
    """
    return PASSWORDS.sub(lambda found: "***" if found[1] is None else f"{found[1]}:***", url)
