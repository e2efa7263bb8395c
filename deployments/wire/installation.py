"""What `lifecycle doctor` and `lifecycle config show` find, for programs."""

from typing import Literal

from deployments.wire.base import Wire


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
    source: Literal["command line", "environment", "default"]


class SettingsWire(Wire):
    """All of them."""

    settings: list[SettingWire]
