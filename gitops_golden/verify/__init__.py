"""Expected, observed and true to verdicts: per delivery converged, or the first broken link of the chain. Pure.

Leaves to ``fleet``, ``git`` and ``registry`` the reading, and to ``report`` the telling.
"""
