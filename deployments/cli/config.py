"""`lifecycle config`: what this installation is set to."""

import re

import click

from deployments.cli.shown import NOTHING, json_option, print_json, print_table

PASSWORDS = re.compile(r"(?<=://)([^:/?#@]*):.*(?=@)|((?<=[?&]password=)[^&]*)")


@click.group()
def config() -> None:
    """What this installation is set to."""


@config.command("show")
@json_option
def show_config(*, as_json: bool) -> None:
    """Show each setting and where its value came from; passwords and keys are masked."""
    from deployments.wire.installation import SettingsWire, SettingWire
    from lifecycle_core.settings import NO_KEY
    from tasks import context

    it = context.settings()
    models, asked = it.models, it.models or it.agent
    prefix = _deciding("LIFECYCLE_OPENAI", "OPENAI")
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
    settings = [
        SettingWire(name=name, value=None if value is None else str(value), source=context.source(name)) for name, value in values.items()
    ]
    if as_json:
        print_json(SettingsWire(settings=settings))
    else:
        print_table(("setting", "value", "from"), ((it.name, it.value or NOTHING, it.source) for it in settings))
        if models is None:
            click.echo("No endpoint of a model is set: lifecycle serve starts a simulated one, and every result says so")


def _deciding(*prefixes: str) -> str:
    """Which of the prefixes names the endpoint or the key that is used."""
    from tasks import context

    given = (it for it in prefixes if any(context.source(f"{it}_{name}") != "default" for name in ("BASE_URL", "API_KEY")))
    return next(given, prefixes[0])


def host_of(url: str) -> str:
    """The host that a webhook goes to; the rest of its address is often a secret.

    >>> host_of("https://hooks.example/T0/B0/s3cret")
    'hooks.example'
    """
    from urllib.parse import urlsplit

    return urlsplit(url).hostname or NOTHING


def masked(url: str) -> str:
    """A URL without its password.

    >>> masked("postgresql://ada:se@cret@db.example/agent?password=other&x=1")
    'postgresql://ada:***@db.example/agent?password=***&x=1'
    >>> masked("sqlite:////srv/agent/lifecycle.db")
    'sqlite:////srv/agent/lifecycle.db'
    """
    return PASSWORDS.sub(lambda found: "***" if found[1] is None else f"{found[1]}:***", url)
