"""Where things are: the data folder, the database, the ports, the clock."""

import ipaddress
import re
from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

from lifecycle_core.clock import Clock
from lifecycle_core.errors import InvalidInputError

DEFAULT_DATA_DIR = ".lifecycle"
LOOPBACK = "127.0.0.1"
API_PORT = 3001
PREFECT_PORT = 4200
OPENAI = "https://api.openai.com/v1"
DEFAULT_MODEL = "gpt-4o-mini"
REPLAYS_AT_ONCE = 4
"""Conversations with models that one step holds at a time: what the endpoint's own limits bear."""
MOST_DAYS = 3650
DATABASE_CONNECTIONS = 40
"""Of one process to PostgreSQL, which takes 100 from all of them as it comes."""
RATE_LIMIT = "6000/minute"
"""What one key may ask for; rollbacks and active prompts are counted apart."""
NO_RATE_LIMIT = "none"
LOG_LEVELS = ("debug", "info", "warning", "error")
ANCHORS = "audit-anchors.jsonl"
LEAST_KEY_CHARACTERS = 16
WEBHOOK_SECRET = "whsec_"  # noqa: S105 - what secrets begin with
LEAST_SECRET_BYTES, MOST_SECRET_BYTES = 24, 64
"""Of the secret that webhooks are signed with, as Standard Webhooks has it."""
NO_KEY = "none"
"""What an endpoint without a key is sent in place of one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelAccess:
    """How models are reached: an endpoint that speaks the OpenAI protocol.

    timeout_s : seconds that one attempt may take; max_retries : further attempts that the client makes of one call.
    """

    base_url: str
    api_key: str = field(default=NO_KEY, repr=False)
    model: str = DEFAULT_MODEL
    timeout_s: int = 60
    max_retries: int = 2

    @classmethod
    def read(cls, environment: Mapping[str, str]) -> Self | None:
        """Read how models are reached, None where neither an endpoint nor a key is set; raises InvalidInputError for what cannot be meant.

        `LIFECYCLE_OPENAI_…` wins over `OPENAI_…`, and a key goes only to the
        endpoint that is named beside it: the key of another program is never sent
        to the endpoint of this one.

        >>> ModelAccess.read({"LIFECYCLE_OPENAI_BASE_URL": "http://127.0.0.1:8000/v1", "OPENAI_API_KEY": "of another"}).api_key
        'none'
        """
        for prefix in ("LIFECYCLE_OPENAI", "OPENAI"):
            base_url, key = environment.get(f"{prefix}_BASE_URL"), environment.get(f"{prefix}_API_KEY")
            if base_url or key:
                return cls(
                    base_url=_address(f"{prefix}_BASE_URL", base_url or OPENAI),
                    api_key=key or NO_KEY,
                    model=environment.get("LIFECYCLE_MODEL") or DEFAULT_MODEL,
                    timeout_s=_whole(environment, "LIFECYCLE_MODEL_TIMEOUT_SECONDS", 60, 600),
                    max_retries=_whole(environment, "LIFECYCLE_MODEL_RETRIES", 2, 10),
                )
        return None

    @classmethod
    def agent(cls, environment: Mapping[str, str]) -> Self | None:
        """Read where the agent's own service is, None where no address is set; raises InvalidInputError for what cannot be meant.

        >>> ModelAccess.agent({"LIFECYCLE_AGENT_BASE_URL": "http://127.0.0.1:9000/v1/"}).base_url
        'http://127.0.0.1:9000/v1'
        """
        base_url = environment.get("LIFECYCLE_AGENT_BASE_URL")
        if not base_url:
            return None
        return cls(
            base_url=_address("LIFECYCLE_AGENT_BASE_URL", base_url),
            api_key=environment.get("LIFECYCLE_AGENT_API_KEY") or NO_KEY,
            timeout_s=_whole(environment, "LIFECYCLE_MODEL_TIMEOUT_SECONDS", 60, 600),
            max_retries=_whole(environment, "LIFECYCLE_MODEL_RETRIES", 2, 10),
        )


@dataclass(frozen=True, slots=True)
class Settings:
    """Where this installation keeps and serves things, read once from the environment."""

    data_dir: Path
    database_url: str
    api_host: str = LOOPBACK
    api_names: tuple[str, ...] = ()
    api_port: int = API_PORT
    prefect_port: int = PREFECT_PORT
    prefect_api: str | None = None
    clock: Clock | None = None
    watch_seconds: int | None = None
    models: ModelAccess | None = None
    agent: ModelAccess | None = None
    model_prices: str | None = None
    replays_at_once: int = REPLAYS_AT_ONCE
    allowed_hosts: tuple[str, ...] = ()
    webhooks: tuple[str, ...] = field(default=(), repr=False)
    webhook_secret: str | None = field(default=None, repr=False)
    chat_services: tuple[str, ...] = field(default=(), repr=False)
    rate_limit: str | None = RATE_LIMIT
    keep_messages_days: int | None = None
    keep_conversations_days: int | None = None
    database_connections: int = DATABASE_CONNECTIONS
    log_level: str = "info"
    audit_anchors: Path = Path(DEFAULT_DATA_DIR, ANCHORS)
    audit_key: bytes | None = field(default=None, repr=False)

    @classmethod
    def read(cls, environment: Mapping[str, str]) -> Self:
        """Read the settings of `environment`; a value that cannot be meant raises InvalidInputError.

        >>> Settings.read({"LIFECYCLE_DATA_DIR": "/srv/agent"}).database_url
        'sqlite:////srv/agent/lifecycle.db'
        """
        data_dir = Path(environment.get("LIFECYCLE_DATA_DIR") or DEFAULT_DATA_DIR).expanduser().absolute()
        clock = environment.get("LIFECYCLE_CLOCK")
        watch = environment.get("LIFECYCLE_WATCH_SECONDS")
        return cls(
            data_dir=data_dir,
            database_url=environment.get("LIFECYCLE_DATABASE_URL") or f"sqlite:///{data_dir}/lifecycle.db",
            api_host=environment.get("LIFECYCLE_API_HOST") or LOOPBACK,
            api_names=_listed(environment.get("LIFECYCLE_API_NAMES")),
            api_port=_whole(environment, "LIFECYCLE_API_PORT", API_PORT, 65_535),
            prefect_port=_whole(environment, "LIFECYCLE_PREFECT_PORT", PREFECT_PORT, 65_535),
            prefect_api=_prefect_api(environment.get("LIFECYCLE_PREFECT_API_URL")),
            clock=Clock.parse(clock) if clock else None,
            watch_seconds=_whole(environment, "LIFECYCLE_WATCH_SECONDS", 3600, 3600) if watch else None,
            models=ModelAccess.read(environment),
            agent=ModelAccess.agent(environment),
            model_prices=environment.get("LIFECYCLE_MODEL_PRICES") or None,
            replays_at_once=_whole(environment, "LIFECYCLE_REPLAYS_AT_ONCE", REPLAYS_AT_ONCE, 64),
            allowed_hosts=_listed(environment.get("LIFECYCLE_ALLOWED_HOSTS")),
            webhooks=_webhooks(environment.get("LIFECYCLE_WEBHOOKS")),
            webhook_secret=_webhook_secret(environment),
            chat_services=tuple((environment.get("LIFECYCLE_CHAT_SERVICES") or "").split()),
            log_level=_one_of("LIFECYCLE_LOG_LEVEL", environment.get("LIFECYCLE_LOG_LEVEL") or "info", LOG_LEVELS),
            rate_limit=_rate(environment.get("LIFECYCLE_RATE_LIMIT") or RATE_LIMIT),
            keep_messages_days=_days(environment, "LIFECYCLE_KEEP_MESSAGES_DAYS"),
            keep_conversations_days=_days(environment, "LIFECYCLE_KEEP_CONVERSATIONS_DAYS"),
            database_connections=_whole(environment, "LIFECYCLE_DATABASE_CONNECTIONS", DATABASE_CONNECTIONS, 1000),
            audit_anchors=Path(environment.get("LIFECYCLE_AUDIT_ANCHORS") or data_dir / ANCHORS).expanduser().absolute(),
            audit_key=_audit_key(environment.get("LIFECYCLE_AUDIT_KEY")),
        )

    @property
    def api_url(self) -> str:
        """The address of the API.

        >>> Settings.read({"LIFECYCLE_API_HOST": "::1"}).api_url
        'http://[::1]:3001'
        """
        host = f"[{self.api_host}]" if ":" in self.api_host else self.api_host
        return f"http://{host}:{self.api_port}"

    @property
    def loopback(self) -> bool:
        """Whether only this machine reaches the API.

        >>> [Settings.read({"LIFECYCLE_API_HOST": it}).loopback for it in ("localhost", "127.0.0.2", "0.0.0.0", "agents.example")]
        [True, True, False, False]
        """
        try:
            return self.api_host == "localhost" or ipaddress.ip_address(self.api_host).is_loopback
        except ValueError:
            return False

    @property
    def prefect_url(self) -> str:
        """The address of Prefect's pages, this tree's own or the one that is served elsewhere; its API is `/api` below it.

        >>> Settings.read({"LIFECYCLE_PREFECT_API_URL": "http://prefect.example:4200/api"}).prefect_url
        'http://prefect.example:4200'
        """
        return f"http://{LOOPBACK}:{self.prefect_port}" if self.prefect_api is None else self.prefect_api.removesuffix("/api")


def _whole(environment: Mapping[str, str], name: str, default: int, most: int) -> int:
    text = environment.get(name) or str(default)
    if not (text.isdecimal() and 1 <= int(text) <= most):
        message = f"{name} is {text!r}; give a whole number from 1 to {most}"
        raise InvalidInputError(message, field=name)
    return int(text)


def _prefect_api(text: str | None) -> str | None:
    if not text:
        return None
    parsed = urlsplit(text)
    if parsed.scheme not in {"http", "https"} or not parsed.hostname or not parsed.path.rstrip("/").endswith("/api"):
        message = f"LIFECYCLE_PREFECT_API_URL is {text!r}; give the address of a Prefect server's API, such as http://prefect:4200/api"
        raise InvalidInputError(message, field="LIFECYCLE_PREFECT_API_URL")
    return text.rstrip("/")


def _days(environment: Mapping[str, str], name: str) -> int | None:
    return _whole(environment, name, 1, MOST_DAYS) if environment.get(name) else None


def _listed(text: str | None) -> tuple[str, ...]:
    return tuple(it.strip().lower() for it in (text or "").split(",") if it.strip())


def _one_of(name: str, text: str, choices: tuple[str, ...]) -> str:
    if text.strip().lower() not in choices:
        message = f"{name} is {text!r}; choose of {', '.join(choices)}"
        raise InvalidInputError(message, field=name)
    return text.strip().lower()


def _rate(text: str) -> str | None:
    if text.strip().lower() == NO_RATE_LIMIT:
        return None
    if not re.fullmatch(r"[1-9]\d{0,8}/(second|minute|hour)", text.strip()):
        message = f"LIFECYCLE_RATE_LIMIT is {text!r}; write how many requests in which time, such as {RATE_LIMIT}, or {NO_RATE_LIMIT}"
        raise InvalidInputError(message, field="LIFECYCLE_RATE_LIMIT")
    return text.strip()


def _audit_key(text: str | None) -> bytes | None:
    if text and len(text) < LEAST_KEY_CHARACTERS:
        message = f"LIFECYCLE_AUDIT_KEY has {len(text)} characters; give {LEAST_KEY_CHARACTERS} or more, by chance, such as 32 hex digits"
        raise InvalidInputError(message, field="LIFECYCLE_AUDIT_KEY")
    return text.encode() if text else None


def _webhooks(text: str | None) -> tuple[str, ...]:
    """Addresses with blanks between them, each as it was written: a slash at its end is part of it."""
    for it in (text or "").split():
        _address("LIFECYCLE_WEBHOOKS", it)
    return tuple((text or "").split())


def _webhook_secret(environment: Mapping[str, str]) -> str | None:
    text = environment.get("LIFECYCLE_WEBHOOK_SECRET")
    try:
        secret = b64decode((text or "").removeprefix(WEBHOOK_SECRET), validate=True)
    except ValueError:
        secret = b""
    if (text or environment.get("LIFECYCLE_WEBHOOKS")) and not LEAST_SECRET_BYTES <= len(secret) <= MOST_SECRET_BYTES:
        span = f"{LEAST_SECRET_BYTES} to {MOST_SECRET_BYTES} bytes in base64, after {WEBHOOK_SECRET}"
        message = (
            f"LIFECYCLE_WEBHOOK_SECRET has {len(secret)} bytes; give {span}, as `echo {WEBHOOK_SECRET}$(openssl rand -base64 32)` makes"
        )
        raise InvalidInputError(message, field="LIFECYCLE_WEBHOOK_SECRET")
    return text or None


def _address(name: str, text: str) -> str:
    try:
        parts = urlsplit(text)
        meant = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0
    except ValueError:
        meant = False
    if not meant:
        message = f"{name} is not an address that can be asked; give one such as http://127.0.0.1:8000/v1"
        raise InvalidInputError(message, field=name)
    return text.rstrip("/")
