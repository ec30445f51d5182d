"""Results to text for people and machines. Pure.

Leaves to ``cli`` where the text goes.
"""
