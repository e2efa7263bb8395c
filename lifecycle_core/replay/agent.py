"""The agent under test: what of a version decides how it acts, and where its tools are."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, Self

from pydantic import JsonValue

from lifecycle_core.chat import ToolSpec
from lifecycle_core.replay.sandbox import STANDARD, TOOLS
from lifecycle_core.replay.toolbox import Toolbox, hints_in, specs_in


class Prompted(Protocol):
    """What of a version decides how an agent acts."""

    @property
    def system_prompt(self) -> str: ...  # noqa: D102 - as of a version
    @property
    def model(self) -> str | None: ...  # noqa: D102 - as of a version
    @property
    def parameters(self) -> Mapping[str, JsonValue]: ...  # noqa: D102 - as of a version
    @property
    def tools(self) -> Sequence[JsonValue]: ...  # noqa: D102 - as of a version


@dataclass(frozen=True, slots=True, kw_only=True)
class Agent:
    """An agent as it is served: its prompt, its model, and the tools that it is offered.

    hints : what is told of the tools beside their schemas, see `replay.toolbox`.
    apart : it is a service of its own, which may keep its tools to itself, and is told which replay it is in.
    """

    system_prompt: str
    model: str
    parameters: Mapping[str, JsonValue] = field(default_factory=dict)
    tools: tuple[ToolSpec, ...] = TOOLS
    hints: Mapping[str, Mapping[str, JsonValue]] = field(default_factory=dict)
    apart: bool = False

    @classmethod
    def of(cls, version: Prompted, default_model: str, *, apart: bool = False) -> Self:
        """The agent of a registered version; one that names no model has `default_model`.

        One without tools has the sandbox's, but for a service of its own, which is offered none.
        Raises InvalidInputError for hints that cannot be meant.
        """
        tools = specs_in(version.tools)
        return cls(
            system_prompt=version.system_prompt,
            model=version.model or default_model,
            parameters=version.parameters,
            tools=tools if tools or apart else TOOLS,
            hints=hints_in(version.tools),
            apart=apart,
        )

    @property
    def toolbox(self) -> Toolbox:
        """What stands in for its tools; those of the sandbox, where it tells of none."""
        return Toolbox.of(self.tools, self.hints) if self.tools and self.tools is not TOOLS else STANDARD
