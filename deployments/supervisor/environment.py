"""What every process of the tree finds in its environment: our settings, and Prefect's, which must be there before its import."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from lifecycle_core.settings import Settings

_UNLESS_SET: Final = MappingProxyType(
    {
        "PREFECT_SERVER_UI_V2_ENABLED": "false",  # the newer pages call out, analytics or not
        "PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT": "false",
        "PREFECT_SERVER_SERVICES_DB_VACUUM_ENABLED": "events,flow_runs",
        "PREFECT_RUNNER_POLL_FREQUENCY": "2",
        "PREFECT_FLOWS_HEARTBEAT_FREQUENCY": "30",
        "PREFECT_LOGGING_EXTRA_LOGGERS": "lifecycle_core,tasks",
    }
)
"""What an operator may choose otherwise in the environment."""


def environment_of(settings: Settings, own: Mapping[str, str]) -> dict[str, str]:
    """The variables that the whole tree shares.

    own : the environment of this process, which wins where an operator may choose.

    >>> shared = environment_of(Settings.read({}), {"PREFECT_SERVER_UI_V2_ENABLED": "true", "PREFECT_HOME": "/elsewhere"})
    >>> shared["PREFECT_SERVER_UI_V2_ENABLED"], shared["PREFECT_API_URL"]
    ('true', 'http://127.0.0.1:4200/api')
    >>> shared["PREFECT_HOME"] == "/elsewhere"
    False
    """
    return {
        **{name: own.get(name, value) for name, value in _UNLESS_SET.items()},
        "LIFECYCLE_DATA_DIR": str(settings.data_dir),
        "LIFECYCLE_DATABASE_URL": settings.database_url,
        "LIFECYCLE_API_HOST": settings.api_host,
        "LIFECYCLE_API_PORT": str(settings.api_port),
        "LIFECYCLE_PREFECT_PORT": str(settings.prefect_port),
        "OPENBLAS_NUM_THREADS": "1",  # a check's matrices are small, and threads that wait cost more than they bring
        **({"LIFECYCLE_PREFECT_API_URL": settings.prefect_api} if settings.prefect_api else {}),
        "PREFECT_HOME": str(settings.data_dir / "prefect"),
        "PREFECT_API_URL": f"{settings.prefect_url}/api",  # without it a client may start a private server
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "DO_NOT_TRACK": "1",
        "PREFECT_CLI_PROMPT": "false",
    }
