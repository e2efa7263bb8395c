"""Register, activate, roll back, tag; tell what is active, what was, and how two versions differ.

Each of the four changes is made once for an idempotency key; see `store.answers`.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from pydantic import JsonValue

from lifecycle_core.conversations import MAX_NAME_CHARACTERS, is_name
from lifecycle_core.errors import InvalidInputError, TooLargeError
from lifecycle_core.provenance import Provenance
from lifecycle_core.replay.toolbox import Toolbox, hints_in, specs_in
from lifecycle_core.store import answers, variants, versions
from lifecycle_core.store.database import Database, Transaction
from lifecycle_core.versions.version import Activation, Rollback, Tag, Tagged, Version, content_hash

MAX_PROMPT_CHARACTERS: Final = 1_000_000
MAX_DOCUMENT_CHARACTERS: Final = 200_000
"""What `metadata`, `parameters` and `tools` may each hold, written as JSON."""
MAX_DOCUMENT_DEPTH: Final = 100
"""How deeply lists and objects may stand in each other in one of them."""
MAX_DESCRIPTION_CHARACTERS: Final = 1_000
"""What the description of a tag and the reason of a change may hold."""


def register(
    database: Database,
    act: Provenance,
    *,
    variant: str,
    system_prompt: str,
    metadata: Mapping[str, JsonValue] | None = None,
    model: str | None = None,
    parameters: Mapping[str, JsonValue] | None = None,
    tools: Sequence[JsonValue] = (),
) -> Version:
    """Keep a version of `variant` under the next number; the variant is made where it is new.

    What is the same in prompt, model, parameters and tools is the same version:
    registering it again answers the first one and changes nothing.
    Raises InvalidInputError and TooLargeError.
    """
    _check_reason(act)
    _check_name("variant", variant)
    _check_prompt(system_prompt)
    if model is not None:
        _check_name("model", model)
    for field, document in (("metadata", metadata), ("parameters", parameters), ("tools", list(tools))):
        _check_document(field, document)
    Toolbox.of(specs_in(tools), hints_in(tools))  # refuses hints that cannot be meant
    version = Version(
        variant_name=variant,
        version=1,
        system_prompt=system_prompt,
        content_hash=content_hash(system_prompt, model, parameters or {}, tools),
        created_at=act.at,
        metadata={"createdBy": act.by, **(metadata or {})},
        model=model,
        parameters=dict(parameters or {}),
        tools=list(tools),
    )
    request = ("register", variant, system_prompt, metadata, model, parameters, tools, act.why)
    with database.write(act) as tx:
        return answers.once(tx, act, request, Version, lambda: _register(tx, version))


def activate(database: Database, act: Provenance, variant: str, version: int, expected: str | None = None) -> Activation:
    """Make `version` the active one; where it is already, answer the change that made it so and change nothing.

    The tag `production` goes with it, and `rollback` marks the one before.
    expected : the etag of the version that is active now, or "*" for any, where the caller insists that nothing has changed.
    Raises UnknownVariantError, UnknownVersionError and StaleError.
    """
    _check_reason(act)
    request = ("activate", variant, version, act.why, expected)
    with database.write(act) as tx:
        return answers.once(tx, act, request, Activation, lambda: _activate(tx, act, variant, version, expected))


def roll_back(database: Database, act: Provenance, variant: str, expected: str | None = None) -> Rollback:
    """Go back to the version that was active before; twice goes back twice.

    expected : as in `activate`. Raises NothingToRollBackError where there is none, or none that is still ready, and StaleError.
    """
    _check_reason(act)
    request = ("roll_back", variant, act.why, expected)
    with database.write(act, urgent=True) as tx:
        return answers.once(tx, act, request, Rollback, lambda: _roll_back(tx, act, variant, expected))


def tag(  # noqa: PLR0917 - the words of the plan's request, in its order
    database: Database, act: Provenance, variant: str, version: int, tag: str, description: str = "", expected: str | None = None
) -> Tagged:
    """Put a tag on `version`; a tag marks one version of a variant, so another one loses it.

    `production` marks the active version, and `rollback` the one that a rollback would bring back;
    both move by themselves and are refused on any other.
    expected : the etag of `version`, or "*" for any, where the caller insists that nothing has changed.
    Raises UnknownVariantError, UnknownVersionError, InvalidInputError and StaleError.
    """
    _check_name("tag", tag)
    _check_text("description", description, MAX_DESCRIPTION_CHARACTERS)
    _check_reason(act)
    request = ("tag", variant, version, tag, description, act.why, expected)
    with database.write(act) as tx:
        return answers.once(tx, act, request, Tagged, lambda: _tag(tx, variant, version, tag, description, expected))


def untag(  # noqa: PLR0917 - as `tag`
    database: Database, act: Provenance, variant: str, version: int, tag: str, expected: str | None = None
) -> Tagged:
    """Take a tag off `version`; where it has none of that name, nothing changes.

    `production` and `rollback` say what is so, and are refused. expected : as in `tag`.
    Raises UnknownVariantError, UnknownVersionError, InvalidInputError and StaleError.
    """
    _check_name("tag", tag)
    _check_reason(act)
    if tag in {Tag.PRODUCTION, Tag.ROLLBACK}:
        message = f"{tag!r} marks what is so and moves by itself; activate another version, or roll back"
        raise InvalidInputError(message, field="tag")
    request = ("untag", variant, version, tag, act.why, expected)
    with database.write(act) as tx:
        return answers.once(tx, act, request, Tagged, lambda: _untag(tx, variant, version, tag, expected))


def _register(tx: Transaction, version: Version) -> Version:
    variants.enter(tx, version.variant_name, version.created_at)
    known = versions.with_content(tx, version.variant_name, version.content_hash)
    return known or versions.add(tx, replace(version, version=versions.latest_number(tx, version.variant_name) + 1))


def _activate(tx: Transaction, act: Provenance, variant: str, version: int, expected: str | None) -> Activation:
    variants.serialize(tx, variant)
    return versions.push(tx, act, variant, version, expected=expected)


def _roll_back(tx: Transaction, act: Provenance, variant: str, expected: str | None) -> Rollback:
    variants.serialize(tx, variant)
    return versions.pop(tx, act, variant, expected)


def _tag(tx: Transaction, variant: str, version: int, tag: str, description: str, expected: str | None) -> Tagged:  # noqa: PLR0917 - as `tag`
    variants.lock(tx, variant)
    chosen = versions.get(tx, variant, version)
    if tag == Tag.PRODUCTION and not chosen.is_active:
        message = f"version {version} of {variant!r} is not active, and 'production' marks what is; activate it, the tag goes with it"
        raise InvalidInputError(message, field="tag")
    if tag == Tag.ROLLBACK and version != versions.stack(tx, variant).below:
        message = f"a rollback would not bring version {version} of {variant!r} back, and 'rollback' marks what it would; choose another"
        raise InvalidInputError(message, field="tag")
    return versions.tag(tx, variant, version, tag, description, expected=expected)


def _untag(tx: Transaction, variant: str, version: int, tag: str, expected: str | None) -> Tagged:
    variants.lock(tx, variant)
    return versions.untag(tx, variant, version, tag, expected=expected)


def _check_name(field: str, name: str) -> None:
    if not is_name(name):
        message = f"{field} is {name[:50]!r}; give 1 to {MAX_NAME_CHARACTERS} printable characters"
        raise InvalidInputError(message, field=field)


def _check_text(field: str, text: str, most: int) -> None:
    if len(text) > most:
        message = f"{field} has {len(text):,} characters; at most {most:,} are kept"
        raise TooLargeError(message, field=field)
    if "\x00" in text:
        message = f"{field} has a NUL character, which no database keeps; take it out"
        raise InvalidInputError(message, field=field)
    if not _is_unicode(text):
        message = f"{field} has half a character, which no file keeps; take it out"
        raise InvalidInputError(message, field=field)


def _check_prompt(system_prompt: str) -> None:
    if not system_prompt.strip():
        message = "system_prompt is empty; give the prompt that the agent runs with"
        raise InvalidInputError(message, field="system_prompt")
    _check_text("system_prompt", system_prompt, MAX_PROMPT_CHARACTERS)


def _check_reason(act: Provenance) -> None:
    _check_text("reason", act.why, MAX_DESCRIPTION_CHARACTERS)


def _check_document(field: str, document: object) -> None:
    try:
        written = json.dumps(document, allow_nan=False, ensure_ascii=False)
    except (TypeError, ValueError, RecursionError) as error:
        message = f"{field} is not JSON: {error}; give plain values, no NaN"
        raise InvalidInputError(message, field=field) from error
    if _deeper(document, MAX_DOCUMENT_DEPTH):
        message = f"{field} has lists or objects in each other over {MAX_DOCUMENT_DEPTH} deep; make it flatter"
        raise InvalidInputError(message, field=field)
    _check_text(field, written, MAX_DOCUMENT_CHARACTERS)


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _deeper(document: object, most: int) -> bool:
    held = document.values() if isinstance(document, Mapping) else document if isinstance(document, list | tuple) else ()
    return most < 0 or any(_deeper(it, most - 1) for it in held)
