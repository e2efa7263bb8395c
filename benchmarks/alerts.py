"""Alert storms: messages sent against messages due, over a real receiver that verifies every signature.

1. Many variants drift at once, and go on for some hours: one message is due of each.
2. A metric hovers at its threshold for two weeks and crosses it again and again.
3. The target is away for an hour while many messages wait.
4. Two processes deliver at once, and processes that deliver are killed with SIGKILL and started again.

What is due is counted from what was put in, by rules that are written here once more; what was sent, from what the receiver accepted.
A message is lost that it never accepted, and doubled that it accepted again. Whoever is killed between a message's acceptance and the
note of it leaves it to be sent again, under the same id: those are counted by themselves.
"""

import os
import random
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from multiprocessing import get_context
from multiprocessing.process import BaseProcess
from typing import Final

from benchmarks._databases import places
from benchmarks._receiver import SECRET, Receiver, receiving
from lifecycle_core.alerts.delivery import DeliveryState
from lifecycle_core.alerts.messages import Kind, Message
from lifecycle_core.alerts.signals import Level, Signal
from lifecycle_core.conversations import Conversation
from lifecycle_core.operations import alerts, drift, policies, traffic
from lifecycle_core.operations.database import upgrade, verify
from lifecycle_core.policy import AlertPolicy, Policy
from lifecycle_core.provenance import Provenance
from lifecycle_core.store import outbox
from lifecycle_core.store.database import Database
from tasks import alerts as tasks
from tasks import context
from tasks.webhooks import Webhook

NOON: Final = datetime(2025, 10, 7, 12, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
ACT: Final = Provenance("benchmark", NOON)
DRIFTED_DAYS, FLAPPING_DAYS, CHECKED_HOURS = 15, 14, 6
HOVERING: Final = 0.585
"""A booking rate that 72 conversations a day place below 70% with 99% confidence about every other hour."""
AWAY, LOOKED_EVERY = timedelta(hours=1), timedelta(minutes=1)
FAST: Final = 30
"""So that a minute's lease of a claim is two seconds, a hundred times what one message takes."""
PATIENCE_S: Final = 120.0
_BASE: Final = "http://localhost:3001"


@dataclass(frozen=True, slots=True)
class Counted:
    """What one scenario came to. sent, doubled : accepted, and accepted again; asked : all requests, the refused ones included."""

    due: int
    sent: int
    doubled: int
    asked: int
    told: str

    @property
    def lost(self) -> int:
        """Due, and never accepted."""
        return max(0, self.due - self.sent)


def run(variants: int = 100, kills: int = 20, database: str = "sqlite", seed: int = 1) -> dict[str, object]:
    """So many variants that drift at once, and so many kills of those who deliver."""
    with places(in_memory=True)[database]() as url, receiving() as receiver:
        store = Database(url)
        upgrade(store)
        try:
            it = _Trial(store, url, receiver, random.Random(seed))  # noqa: S311 - traffic and moments, not secrets
            storm, flapping, away = it.storm(variants), it.flapping(), it.away(variants)
            twice, killed = it.twice(variants), it.killed(kills)
            ways, problems = alerts.now(store, NOON).deliveries, verify(store).problems
        finally:
            store.close()
    found = {"drifting at once": storm, "flapping": flapping, "target away": away, "two workers": twice, f"{kills} kills": killed}
    print(f"{'':<18}{'due':>6}{'sent':>6}{'doubled':>9}{'lost':>6}{'asked':>7}")
    for name, one in found.items():
        print(f"{name:<18}{one.due:>6,}{one.sent:>6,}{one.doubled:>9,}{one.lost:>6,}{one.asked:>7,}  {one.told}")
    left = f"{ways[DeliveryState.PENDING]} pending, {ways[DeliveryState.DEAD]} dead, {receiver.forged} forged"
    print(f"{left}; db verify finds {len(problems)} problems")
    return {
        "database": database,
        "variants": variants,
        "messages_due": sum(one.due for one in found.values()),
        "messages_sent": sum(one.sent for one in found.values()),
        "duplicates": sum(one.doubled for one in (storm, flapping, away, twice)),
        "lost": sum(one.lost for one in found.values()),
        "kills": kills,
        "accepted_again_after_a_kill": killed.doubled,
        "pending": ways[DeliveryState.PENDING],
        "dead": ways[DeliveryState.DEAD],
        "forged": receiver.forged,
        "invariant_problems": list(problems),
    }


@dataclass(frozen=True)
class _Trial:
    store: Database
    url: str
    receiver: Receiver
    chance: random.Random

    def storm(self, variants: int) -> Counted:
        """All of them lose three bookings of four in the last day."""
        for number in range(variants):
            talk = self._talk(f"storm{number}", DRIFTED_DAYS, NOON, lambda ago: 0.2 if ago < DAY else 0.9)
            traffic.ingest(self.store, ACT, list(talk))
        slowest = 0.0
        for hours in range(CHECKED_HOURS):
            act, start = replace(ACT, at=NOON + hours * HOUR), time.perf_counter()
            for name in drift.sweep_and_record(self.store, act, act.at).speaking:
                drift.check_and_record(self.store, act, name, act.at)
            slowest = max(slowest, time.perf_counter() - start)
            self._deliver(act.at)
        alerting = len(alerts.now(self.store, NOON).alerting)
        return self._counted("storm", variants, f"{alerting} signals alert in {CHECKED_HOURS} checks, the slowest of {slowest:.1f} s")

    def flapping(self) -> Counted:
        """One rate is looked at each hour while it hovers at what its threshold proves; drift and incidents are only watched."""
        rules = AlertPolicy(watch_only=("drift", "incident", "drift_frequency"))
        end = NOON + FLAPPING_DAYS * DAY
        traffic.ingest(self.store, replace(ACT, at=end), list(self._talk("flapping", FLAPPING_DAYS + 1, end, lambda _: HOVERING)))
        policies.set_policy(self.store, ACT, "flapping", Policy(alerts=rules))
        levels: list[Level] = []
        for hours in range(24 * FLAPPING_DAYS):
            act = replace(ACT, at=NOON + hours * HOUR)
            drift.check_and_record(self.store, act, "flapping", act.at)
            found = alerts.now(self.store, act.at, "flapping")
            levels.append(next(it.reading.level for it in found.signals if it.signal is Signal.BOOKING_RATE))
            self._deliver(act.at)
        crossed = sum((one is Level.ALERT) != (other is Level.ALERT) for one, other in pairwise(levels))
        kinds = [it.message.kind.value for it in alerts.messages(self.store, "flapping", 1000)]
        told = ", ".join(f"{kinds.count(it)} {it}" for it in sorted(set(kinds)))
        return self._counted("flapping", _due(levels, rules), f"crossed {crossed} times; {told}")

    def away(self, messages: int) -> Counted:
        """The target answers 503 for an hour of a clock that is told."""
        start = now = NOON + 100 * DAY
        self._write("away", messages, start)
        self.receiver.status = 503
        while now < start + AWAY:
            self._deliver(now)
            now += LOOKED_EVERY
        self.receiver.status = 200
        while self._deliver(now) or alerts.now(self.store, now).deliveries[DeliveryState.PENDING]:
            now += LOOKED_EVERY
        back = (now - LOOKED_EVERY - start - AWAY).total_seconds() / 60
        return self._counted("away", messages, f"the last arrived {back:.0f} min after its return")

    def twice(self, messages: int) -> Counted:
        """Two processes deliver what waits for them."""
        self._write("twice", messages, datetime.now(UTC))
        pool = self._started(2, datetime.now(UTC), rate=1)  # no claim runs out while a slow machine sends
        self._wait("twice", messages, pool)
        return self._counted("twice", messages, "")

    def killed(self, kills: int) -> Counted:
        """Messages are written while two processes deliver; at a random moment one of them is killed, and another started."""
        each, base = 60, datetime.now(UTC)
        pool = self._started(2, base)
        self._write("killed-", 1, base)
        self._wait_for("killed-", 1)
        for number in range(kills):
            self._write(f"killed{number}-", each, datetime.now(UTC))
            while not self._accepted(f"killed{number}-"):  # a worker that only begins is no worker killed
                time.sleep(0.005)
            time.sleep(self.chance.uniform(0.0, 0.2))
            os.kill(pool[0].pid or 0, signal.SIGKILL)
            pool[0].join()
            pool = [*pool[1:], *self._started(1, base)]
        self._wait("killed", due := each * kills + 1, pool)
        return self._counted("killed", due, "")

    def _counted(self, name: str, due: int, told: str) -> Counted:
        mine = self._accepted(name)
        asked = sum(self.receiver.tried[it] for it in set(mine))
        return Counted(due, len(set(mine)), len(mine) - len(set(mine)), asked, told)

    def _accepted(self, name: str) -> list[str]:
        with self.receiver.lock:
            return [it["data"]["id"] for it in self.receiver.bodies if it["data"]["title"].startswith(name)]

    def _talk(self, variant: str, days: int, end: datetime, rate: Callable[[timedelta], float]) -> Iterator[Conversation]:
        """Three conversations an hour, each booked by the rate of so long before the end."""
        for number in range(72 * days):
            ago = (number + 0.5) / 3 * HOUR
            booked = self.chance.random() < rate(ago)
            yield Conversation(id=f"{variant}-{number}", variant=variant, version=1, ended_at=end - ago, booked=booked, escalated=False)

    def _write(self, name: str, messages: int, at: datetime) -> None:
        """Messages of as many variants, as an outbox has them."""
        act = replace(ACT, at=at)
        with self.store.write(act) as tx:
            for number in range(messages):
                title = f"{name}{number}"
                outbox.add(tx, act, Message(id=f"msg_{title}", kind=Kind.TEST, variant=title, at=at, title=title, lines=(), path="/"))

    def _deliver(self, at: datetime) -> int:
        """Send what is due as of an instant: -> how many were tried."""
        it, act, tried = Webhook(self.receiver.url, SECRET), replace(ACT, at=at), 0
        while claimed := alerts.take(self.store, act, [it.name]):
            for one in claimed:
                alerts.settle(self.store, act, one, it.send(one.message, _BASE))
            tried += len(claimed)
        return tried

    def _started(self, workers: int, base: datetime, rate: int = FAST) -> list[BaseProcess]:
        processes = get_context("forkserver")
        processes.set_forkserver_preload([__name__])  # what takes a process seconds is imported once for all of them
        made = [processes.Process(target=_work, args=(self.url, self.receiver.url, base, rate), daemon=True) for _ in range(workers)]
        for it in made:
            it.start()
        return list(made)

    def _wait(self, name: str, due: int, pool: Sequence[BaseProcess]) -> None:
        """Until all that is due was accepted and noted, or nobody has patience any more; then the workers end."""
        self._wait_for(name, due)
        for it in pool:
            it.kill()
            it.join()

    def _wait_for(self, name: str, due: int) -> None:
        until = time.perf_counter() + PATIENCE_S
        while time.perf_counter() < until and len(set(self._accepted(name))) < due:
            time.sleep(0.05)
        while time.perf_counter() < until and alerts.now(self.store, NOON).deliveries[DeliveryState.PENDING]:
            time.sleep(0.05)


def _due(levels: Sequence[Level], rules: AlertPolicy) -> int:
    """How many messages hourly looks at one signal make due: each episode's first and last, and one a day between."""
    due, on, quiet, told = 0, False, 0, 0
    for hour, level in enumerate(levels):
        if not on:
            on, quiet, told, due = level is Level.ALERT, 0, hour, due + (level is Level.ALERT)
            continue
        quiet = quiet + 1 if level is Level.OK else 0
        if quiet == rules.quiet_checks:
            on, due = False, due + 1
        elif quiet == 0 and hour - told >= rules.renew_hours:
            told, due = hour, due + 1
    return due


def _work(url: str, target: str, base: datetime, rate: int) -> None:
    """Deliver for ever, as whatever serves does; on a fast clock the claims of the dead run out soon."""
    clock = f"{base.isoformat()}={base.isoformat()}*{rate}"
    context.configure(LIFECYCLE_DATABASE_URL=url, LIFECYCLE_WEBHOOKS=target, LIFECYCLE_WEBHOOK_SECRET=SECRET, LIFECYCLE_CLOCK=clock)
    while True:
        tasks.deliver()
        time.sleep(0.01)
