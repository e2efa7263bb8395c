"""What tests of tasks share: this process's own database, and models and pages that are played."""

import shutil
from functools import cache

import pytest

from lifecycle_core.simulation import scripted_model
from tasks import artifacts, context, llm, runs, secrets
from tasks import retraining as steps
from tests.fake_endpoint import FakeEndpoint
from tests.retrainable import begun, key_kept

TO_THE_SHADOW_TEST = (
    steps.collect_training_data,
    steps.analyze_failures,
    steps.improve_prompt,
    steps.register_candidate,
    steps.evaluate_offline,
    steps.start_shadow_test,
)


@pytest.fixture
def endpoint():
    """An endpoint of models that answers as a test tells it to; no connection to it is left open."""
    endpoint = FakeEndpoint()
    yield endpoint
    llm.hang_up()
    endpoint.close()


@pytest.fixture
def installed(tmp_path, monkeypatch):
    """This process's own database, with nothing in it."""
    for name in ("LIFECYCLE_OPENAI_BASE_URL", "LIFECYCLE_OPENAI_API_KEY", "OPENAI_BASE_URL", "OPENAI_API_KEY", "LIFECYCLE_MODEL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LIFECYCLE_DATA_DIR", str(tmp_path))
    key_kept(tmp_path)
    _forget()
    yield context.database()
    context.database().close()
    monkeypatch.undo()
    _forget()


@pytest.fixture
def tested(in_shadow_test, tmp_path):
    """The id of a session in its shadow test, in this process's own database; to be asked for before `installed`."""
    folder, session_id = in_shadow_test
    shutil.copytree(folder, tmp_path, dirs_exist_ok=True)
    return session_id


@pytest.fixture(scope="session")
def in_shadow_test(tmp_path_factory):
    """A folder with a session of variant "a" whose candidate is to be tested, and then reviewed, to be copied, and that session's id."""
    folder = tmp_path_factory.mktemp("tested")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LIFECYCLE_DATA_DIR", str(folder))
        key_kept(folder)
        patch.setattr(llm, "chat", cache(lambda: scripted_model.reply))
        for name in ("create_table_artifact", "create_markdown_artifact"):
            patch.setattr(artifacts, name, lambda **_: None)
        patch.setattr(steps, "serve_soon", lambda _: None)
        _forget()
        session_id = begun(context.database(), "a", manual_review=True).session_id
        for step in TO_THE_SHADOW_TEST:
            step.fn(session_id)
        context.database().close()
    _forget()
    return folder, session_id


def _forget():
    context.configure()
    for kept in (secrets.masker, secrets._key, steps._training_data, llm.chat):
        kept.cache_clear()


class PlayedModel:
    """The scripted model in this process; `fails` is raised in place of a reply where it is set, and `calls` are counted."""

    def __init__(self):
        self.calls, self.fails = 0, None

    def __call__(self, request):
        self.calls += 1
        if self.fails is not None:
            raise self.fails
        return scripted_model.reply(request)


@pytest.fixture
def model(installed, monkeypatch):
    """The models of this process."""
    it = PlayedModel()
    monkeypatch.setattr(llm, "chat", lambda: it)
    return it


@pytest.fixture
def pages(monkeypatch):
    """What was left on Prefect's pages: (key, description, content) each."""
    left = []
    for kind, content in (("create_table_artifact", "table"), ("create_markdown_artifact", "markdown")):
        monkeypatch.setattr(artifacts, kind, lambda content=content, **it: left.append((it["key"], it["description"], it[content])))
    return left


@pytest.fixture
def started(monkeypatch):
    """What Prefect was asked to start: (deployment, parameters, key) each; nothing is resumed."""
    asked = []

    async def start(deployment, parameters=None, *, key=None, tags=()):
        asked.append((deployment, parameters, key))

    monkeypatch.setattr(runs, "start", start)
    return asked
