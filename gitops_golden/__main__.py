"""``python -m gitops_golden``."""

from gitops_golden.cli.main import main

main()
