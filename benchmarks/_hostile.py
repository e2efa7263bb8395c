"""What people who mean harm type, and a database in which it stands wherever a person may type."""

from datetime import timedelta

from benchmarks._worlds import acting
from lifecycle_core.conversations import Conversation, Message
from lifecycle_core.operations import alerts, policies, traffic, versions
from lifecycle_core.policy import Policy
from lifecycle_core.store.database import Database

_RUN = "(window.ran=window.ran||[]).push(1)"
_OPENERS = ("", "'>", '">', "</title>", "</textarea>", "</script>", "-->", "]]>", "{{7*7}}", "${7*7}")
_VECTORS = (
    f"<script>{_RUN}</script>",
    f"<img src=x onerror={_RUN}>",
    f"<svg onload={_RUN}>",
    f"<body onload={_RUN}>",
    f"<details open ontoggle={_RUN}>",
    f"<input autofocus onfocus={_RUN}>",
)
CORPUS = (
    *(f"{opener}{vector}" for opener in _OPENERS for vector in _VECTORS),
    f"javascript:{_RUN}",
    f"' onmouseover={_RUN} '",
    f'" autofocus onfocus="{_RUN}',
    f"<a href=javascript:{_RUN}>x</a>",
    f"<ScRiPt>{_RUN}</sCrIpT>",
    "=cmd|'/c calc'!A1",
    "<meta http-equiv=refresh content=0;url=//example.org>",
    "<base href=//example.org>",
)
_EVERY = "\n".join(CORPUS)


def hostile(database: Database) -> None:
    """A variant for each opener, with all of it in every field that people, models and customers fill."""
    for number, name in enumerate(CORPUS[:: len(_VECTORS)][: len(_OPENERS)]):
        act = acting(5)
        texts = CORPUS[number :: len(_OPENERS)]
        found = [
            Conversation(
                id=f"{text}{place}",
                variant=name,
                ended_at=act.at - timedelta(hours=place),
                booked=place % 2 == 0,
                actions=(text,),
                segments={"channel": text},
                goal=text,
                messages=(Message(role="user", content=text),),  # type: ignore[typeddict-item]
            )
            for text in texts
            for place in range(1, 10)
        ]
        traffic.ingest(database, act, found)
        for prompt in (_EVERY, f"{_EVERY} again"):
            versions.register(
                database, act, variant=name, system_prompt=prompt, model=name, metadata={"createdBy": name, "description": _EVERY[:900]}
            )
        for version in (1, 2):
            versions.activate(database, acting(4, why=texts[0]), name, version)
        versions.tag(database, acting(3, why=texts[1]), name, 1, texts[0][:100], texts[1])
        alerts.silence(database, acting(2), name, [], timedelta(hours=5), texts[2])
        policies.set_policy(database, acting(1, why=texts[3]), name, Policy(min_samples_for_comparison=20))
