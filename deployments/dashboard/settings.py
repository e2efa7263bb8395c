"""Settings, to be read: the installation's, each variant's policy where it is not the default, keys, and rows that were refused."""

from collections.abc import Mapping, Sequence

from deployments.dashboard.frame import Frame
from deployments.dashboard.rendering import minute, rendered
from deployments.wire.installation import SettingsWire
from deployments.wire.policies import PolicyWire
from lifecycle_core.access import Key
from lifecycle_core.retraining.report.blocks import Mood, Said, Table, cut, row
from lifecycle_core.traffic.rejected import Quarantined

_SHOWN = 200


def page(
    frame: Frame, settings: SettingsWire, policies: Mapping[str, PolicyWire], keys: Sequence[Key] | None, refused: Sequence[Quarantined]
) -> str:
    """The page of settings. keys : None where whoever looks may not see them."""
    installation = Table(("setting", "value", "from"), tuple(row(it.name, it.value or "-", it.source) for it in settings.settings))
    return rendered(
        "settings.html",
        frame=frame,
        title="Settings",
        installation=installation,
        policies=[(name, _changed(it)) for name, it in policies.items()],
        keys=None if keys is None else Table(("name", "roles", "made", "last used", "stands"), tuple(_key(frame, it) for it in keys)),
        refused=Table(("source", "line", "why"), tuple(row(it.source, str(it.line), cut(it.reason, _SHOWN)) for it in refused)),
    )


def _changed(it: PolicyWire) -> Table:
    def value(path: str) -> str:
        found: object = it.policy
        for name in path.split("."):
            found = found.get(name) if isinstance(found, dict) else None
        return str(found)

    return Table(("setting", "value"), tuple(row(path, value(path)) for path in it.changed))


def _key(frame: Frame, it: Key) -> tuple[Said, ...]:
    stands = Said(it.state(frame.at), Mood.GOOD if it.usable(frame.at) else Mood.DOUBT)
    return row(it.name, ", ".join(it.roles), minute(it.created_at), minute(it.last_used_at), stands)
