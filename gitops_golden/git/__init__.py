"""The tree in a Git repository: read, compared, committed and pushed.

Alone in knowing pygit2 and how Git stores things. It takes trees as they are and decides nothing about images
or clusters.
"""
