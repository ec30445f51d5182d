"""The command line: options, wiring, printing, exit codes. The only place that reads the clock and the environment.

Leaves every decision to the stages.
"""
