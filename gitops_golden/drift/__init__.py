"""What clusters hold that Git doesn't say, and the reverse; and what would clean it up. Pure.

Leaves to ``fleet`` and ``git`` the reading, to ``verify`` whether consumers are served what they should be, to
``report`` the telling. Nothing is ever run.
"""
