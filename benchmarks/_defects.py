"""Six defects that a prompt can have, each with the customers who meet it; they are named before anything is mined."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from lifecycle_core.retraining.codes import Code
from lifecycle_core.simulation import prompts
from lifecycle_core.simulation.customers import HEALTHY, Mix
from lifecycle_core.simulation.needs import Need

SHARE: Final = 0.35
"""So many of the customers need what is missing."""


@dataclass(frozen=True, slots=True)
class Defect:
    """A sentence that is missing in the prompt, and the customers who would have needed it."""

    sentence: str
    need: Need

    @property
    def prompt(self) -> str:
        """The prompt without the sentence."""
        return prompts.MENDED.replace(self.sentence, "")

    @property
    def mix(self) -> Mix:
        """Healthy customers, of whom many have the need."""
        return Mix(shares=tuple({**dict(HEALTHY.shares), self.need: SHARE}.items()))


DEFECTS: Final[Mapping[Code, Defect]] = {
    Code.AVAILABILITY: Defect(prompts.CHECKING, Need.EVENING),
    Code.PRICING: Defect(prompts.PRICING, Need.PRICE),
    Code.MISSING_CONFIRMATION: Defect("Have the customer confirm service, day and time before you book.", Need.LATE_HOURS),
    Code.CLARIFICATION_MISSING: Defect("If the service or the day is unclear, ask for it.", Need.VAGUE),
    Code.REPEATED_QUESTION: Defect("Do not ask again for what the customer has already said.", Need.TOLD),
    Code.NEEDLESS_HANDOFF: Defect("Hand over to a person only when the request needs one.", Need.WISH),
}
"""The issue that a defect must be mined as -> the defect."""
