"""How the simulated endpoint behaves: well by default, and as badly as it is told to."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Share = Annotated[float, Field(ge=0, le=1)]
Seconds = Annotated[float, Field(ge=0, le=600)]


class Script(BaseModel):
    """How it behaves from now on.

    seed : decides which requests meet a fault.
    forgets : the share of its duties that the agent neglects although its prompt gives them: a model that has changed behind its name.
    delay_s : seconds that every reply waits; pace : the time that such a reply would have taken, as a multiple; 0 answers at once.
    stalls, stall_s : the share of replies that stall, and for how many seconds.
    busy, retry_after_s : the share of requests answered 429, and when to come back; fails : the share answered 500.
    nonsense : the share of replies that are no chat completion; truncates : of replies cut off in the middle.
    writes : how it mends prompts: well, or harmfully: it takes away what serves customers.
    structured : what it promises of an answer's shape; it refuses what it does not know.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    seed: int = 0
    forgets: Share = 0.0
    delay_s: Seconds = 0.0
    pace: Annotated[float, Field(ge=0, le=100)] = 0.0
    stalls: Share = 0.0
    stall_s: Seconds = 30.0
    busy: Share = 0.0
    retry_after_s: Seconds = 1.0
    fails: Share = 0.0
    nonsense: Share = 0.0
    truncates: Share = 0.0
    writes: Literal["well", "harmfully"] = "well"
    structured: Literal["json_schema", "json_object", "none"] = "json_schema"
