"""What changed from one version of a variant to another: the prompt by line, and what it is run with."""

import difflib
from dataclasses import dataclass

from pydantic import JsonValue

from lifecycle_core.versions.version import Version


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One version in a diff; `changes` is what its author said of it."""

    version: int
    prompt_length: int
    changes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Diff:
    """How the second version differs from the first.

    length_diff : characters more in the second prompt.
    same_prompt : the prompts are equal to the letter.
    unified : the prompts' unified diff, by line; empty where they are equal.
    run_with : "model", "parameters", "tools": those that differ.
    """

    variant_name: str
    version1: Side
    version2: Side
    length_diff: int
    same_prompt: bool
    unified: tuple[str, ...]
    run_with: tuple[str, ...]


def diff(version1: Version, version2: Version) -> Diff:
    """Compare two versions of one variant."""
    before, after = version1.system_prompt, version2.system_prompt
    labels = (f"version {version1.version}", f"version {version2.version}")
    return Diff(
        variant_name=version1.variant_name,
        version1=_side(version1),
        version2=_side(version2),
        length_diff=len(after) - len(before),
        same_prompt=before == after,
        unified=tuple(difflib.unified_diff(before.splitlines(), after.splitlines(), *labels, lineterm="")),
        run_with=tuple(
            name for name in ("model", "parameters", "tools") if _plain(getattr(version1, name)) != _plain(getattr(version2, name))
        ),
    )


def _side(it: Version) -> Side:
    changes = it.metadata.get("changes")
    return Side(
        version=it.version,
        prompt_length=len(it.system_prompt),
        changes=tuple(str(change) for change in changes) if isinstance(changes, list) else (),
    )


def _plain(value: JsonValue) -> JsonValue:
    return list(value) if isinstance(value, tuple) else value
