"""Other libraries: each in an environment of its own in the user's cache, made once and kept.

Both call home unless told not to; here they are told.
"""

import json
import os
import subprocess
import sys
import venv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from types import MappingProxyType
from typing import Final

PINS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "evidently": ("evidently==0.7.23", "pandas==2.3.3"),
        "mlflow": ("mlflow==3.17.2",),
        "nannyml": ("nannyml==0.13.1", "pandas==2.3.3", "statsmodels==0.14.6"),
    }
)
"""What to install. Neither runs on pandas 3, which neither says; NannyML needs statsmodels and does not ask for it."""
CHECKERS: Final = ("evidently", "nannyml")
"""Those that check for drift, and may be asked to."""
_SCRIPT: Final = Path(__file__).with_name("_peer.py")
_SILENT: Final = {"DO_NOT_TRACK": "1", "NML_DISABLE_USAGE_LOGGING": "1", "PYTHONWARNINGS": "ignore"}
_LONGEST: Final = 900


class PeerError(Exception):
    """Why a library could not be asked."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a library took: the median of some checks, in seconds, on rows as they are and on rows prepared as categories."""

    version: str
    rows_s: float
    categories_s: float
    drifting: int


def ask(library: str, rows: Path, repeats: int) -> Asked:
    """Let the library check an `.npz` of columns. Raises PeerError where it cannot be had, or fails."""
    told = json.loads(_run(environment(library), str(_SCRIPT), library, str(rows), str(repeats)).splitlines()[-1])
    return Asked(told["version"], median(told["rows"]), median(told["categories"]), told["drifting"])


def environment(library: str, place: Path | None = None) -> Path:
    """The Python of the library's environment, in `place` or in the user's cache; it is made where it is not there as pinned.

    Raises PeerError where it cannot be made.
    """
    if place is None:
        cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
        place = cache / "lifecycle-benchmarks" / f"{library}-{sys.version_info.major}.{sys.version_info.minor}"
    place = place.absolute()
    python, made = place / "bin" / "python", place / "pins.json"
    if not made.exists() or json.loads(made.read_text()) != list(PINS[library]):
        print(f"making an environment for {library} in {place} …", file=sys.stderr, flush=True)
        venv.create(place, clear=True, with_pip=True)
        _run(python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *PINS[library])
        made.write_text(json.dumps(PINS[library]))
    return python


def _run(python: Path, *arguments: str) -> str:
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"} | _SILENT
    try:
        done = subprocess.run(  # noqa: S603 - what is named here
            [str(python), *arguments], check=True, capture_output=True, text=True, env=environment, timeout=_LONGEST, cwd=_SCRIPT.anchor
        )
    except subprocess.CalledProcessError as error:
        last = (error.stderr.strip().splitlines() or ["no word of why"])[-1]
        message = f"{' '.join(arguments[:4])} ended with {error.returncode}: {last}"
        raise PeerError(message) from error
    except (OSError, subprocess.TimeoutExpired) as error:
        raise PeerError(str(error)) from error
    return done.stdout
