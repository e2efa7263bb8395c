"""The simulated endpoint as a process, asked by the product's own client."""

import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest

from deployments.simulated_endpoint.child import direct, started
from lifecycle_core.chat import ChatMessage, ChatRequest, ChatUnavailableError
from lifecycle_core.errors import SetupError
from lifecycle_core.replay.agent import Agent
from lifecycle_core.replay.episode import Scenario, drive, play
from lifecycle_core.settings import ModelAccess
from lifecycle_core.simulation import prompts
from lifecycle_core.simulation.customers import DRIFTED, customer
from lifecycle_core.simulation.scripted_model import reply
from tasks.llm import OpenAIChat
from tests.served import until

pytestmark = pytest.mark.slow
AT = datetime(2025, 10, 7, 12, tzinfo=UTC)
ROOT = Path(__file__).parents[2]
KILLED = """
import os
from deployments.simulated_endpoint.child import started
with started() as url:
    print(url, flush=True)
    os.kill(os.getpid(), 9)
"""
HELLO = ChatRequest(purpose="replay", model="m", messages=(ChatMessage(role="user", content="Hello"),), seed=1)


@pytest.fixture
def url(address):
    direct(address)
    return address


def chat(url, **access):
    return OpenAIChat(ModelAccess(base_url=url, **access))


def episode(number):
    scenario = Scenario(id=str(number), goal=customer(DRIFTED, number).goal, seed=number, ended_at=AT)
    return play(Agent(system_prompt=prompts.GAP, model="simulated"), scenario, replay=0, customer_model="simulated")


def test_episodes_over_http_go_as_they_go_in_process(url):
    model = chat(url)
    with ThreadPoolExecutor(4) as pool:
        over_http = list(pool.map(lambda number: drive(episode(number), model), range(12)))
    in_process = [drive(episode(number), reply) for number in range(12)]
    assert [(it.messages, it.booked, it.cost_usd) for it in over_http] == [(it.messages, it.booked, it.cost_usd) for it in in_process]
    assert all(it.simulated for it in over_http)


def test_a_reply_takes_no_wait(url):
    model = chat(url)
    model(HELLO)
    began = time.monotonic()
    for _ in range(20):
        model(HELLO)
    assert (time.monotonic() - began) / 20 < 0.03


def test_a_busy_endpoint_is_told_as_one_with_when_to_come_back(url):
    direct(url, busy=1.0, retry_after_s=3)
    with pytest.raises(ChatUnavailableError) as refused:
        chat(url, max_retries=0)(HELLO)
    assert refused.value.retry_after == 3


def test_the_client_outlasts_a_fault_that_passes(url):
    direct(url, fails=0.5)
    assert chat(url, max_retries=8)(HELLO).simulated


def test_a_stall_ends_at_the_clients_limit(url):
    direct(url, stalls=1.0, stall_s=30)
    with pytest.raises(ChatUnavailableError, match="within 1 s"):
        chat(url, timeout_s=1, max_retries=0)(HELLO)


def test_a_port_that_is_taken_is_told():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(SetupError, match="did not start"), started(taken.getsockname()[1]):
            pass


def test_it_ends_with_whoever_started_it():
    with subprocess.Popen([sys.executable, "-c", KILLED], stdout=subprocess.PIPE, text=True, cwd=ROOT) as owner:
        url = owner.stdout.readline()
        owner.wait()
    port = int(url.rpartition(":")[2].partition("/")[0])
    until(lambda: refused(port), within_s=10)


def refused(port):
    with socket.socket() as asking:
        return asking.connect_ex(("127.0.0.1", port)) != 0
