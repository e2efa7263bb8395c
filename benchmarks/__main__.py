"""Run a benchmark by its name: `python -m benchmarks NAME [--json] [--OPTION VALUE …]`.

Each module beside this one is a benchmark: `run(**options)` prints a table for
people and returns what it measured. The last line printed is that, as JSON.
"""

import inspect
import json
import pkgutil
import sys
from contextlib import redirect_stdout
from importlib import import_module

import benchmarks


def main(arguments: list[str]) -> int:
    """Run what `arguments` name; `all` runs every benchmark, each with its own last line."""
    names = sorted(module.name.replace("_", "-") for module in pkgutil.iter_modules(benchmarks.__path__) if not module.name.startswith("_"))
    if not arguments or arguments[0] not in {*names, "all"}:
        print(f"usage: python -m benchmarks NAME [--json] [--OPTION VALUE …]\nNAME is one of: {', '.join(names)}, all", file=sys.stderr)
        return 2
    only_json = "--json" in arguments
    options = _options([it for it in arguments[1:] if it != "--json"])
    for name in names if arguments[0] == "all" else arguments[:1]:
        run = import_module(f"benchmarks.{name.replace('-', '_')}").run
        known = inspect.signature(run).parameters
        unknown = sorted(set(options) - set(known))
        if unknown:
            print(f"{name} has no option --{unknown[0]}; it has: {', '.join(f'--{it}' for it in known) or 'none'}", file=sys.stderr)
            return 2
        given = {it: type(known[it].default)(options[it]) for it in options}
        with redirect_stdout(sys.stderr if only_json else sys.stdout):
            measured = run(**given)
        print(json.dumps({"benchmark": name, **measured}, allow_nan=False), flush=True)
    return 0


def _options(arguments: list[str]) -> dict[str, str]:
    return {name.removeprefix("--").replace("-", "_"): value for name, value in zip(arguments[::2], arguments[1::2], strict=False)}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
