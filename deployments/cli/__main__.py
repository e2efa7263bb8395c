"""`python -m deployments.cli`: the same as `lifecycle`, where that is not on the path."""

from deployments.cli.main import main

main(prog_name="lifecycle")
