"""What runs are called, so that a list of them can be read."""

from collections.abc import Callable

from prefect.runtime import flow_run

from tasks import context


def by_the_minute(flow: str) -> Callable[[], str]:
    """The name of a run of `flow`: what it is, what of, where it is of one thing alone, and as of when."""

    def named() -> str:
        of = "".join(f" {it}" for it in flow_run.parameters.values() if it)
        return f"{flow}{of} {context.now():%Y-%m-%d %H:%M}"

    return named
