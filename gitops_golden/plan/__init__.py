"""Policy, lock and clusters to plan: what every cluster is to hold, decided once per distinct result. Pure.

Leaves to ``render`` how that is written down.
"""
