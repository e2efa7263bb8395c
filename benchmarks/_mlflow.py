"""The peer of `benchmarks.registry`, run by a Python that has MLflow and nothing of ours: timings of its prompt registry, as one JSON line.

Arguments: the tracking URI, the number of rounds. The prompt "baseline" gets two versions and the alias "production".
"""

import json
import os
import sys
import time
import warnings

os.environ["MLFLOW_ALIAS_PROMPT_CACHE_TTL_SECONDS"] = "0"
warnings.simplefilter("ignore")


def main(uri: str, rounds: int) -> None:
    """Measure, and print seconds: fetches uncached and cached, and switches of the alias."""
    import mlflow

    mlflow.set_tracking_uri(uri)
    mlflow.set_registry_uri(uri)
    prompts = mlflow.genai
    for number in (1, 2):
        prompts.register_prompt(name="baseline", template=f"prompt {number} " + "x" * 3000)
    prompts.set_prompt_alias(name="baseline", alias="production", version=1)
    fetch, switch, cached = [], [], []
    for number in range(rounds):
        began = time.perf_counter()
        prompts.set_prompt_alias(name="baseline", alias="production", version=1 + number % 2)
        switch.append(time.perf_counter() - began)
        began = time.perf_counter()
        found = prompts.load_prompt("prompts:/baseline@production", cache_ttl_seconds=0)
        fetch.append(time.perf_counter() - began)
        if found.version != 1 + number % 2:
            message = f"MLflow served version {found.version} after a switch to {1 + number % 2}"
            raise SystemExit(message)
    prompts.load_prompt("prompts:/baseline@production", cache_ttl_seconds=60)
    for _ in range(rounds):
        began = time.perf_counter()
        prompts.load_prompt("prompts:/baseline@production", cache_ttl_seconds=60)
        cached.append(time.perf_counter() - began)
    told = {"version": mlflow.__version__, "fetch": fetch[1:], "switch": switch[1:], "cached": cached[1:]}
    print(json.dumps(told))  # the line that the benchmark reads


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
