"""Plan to tree: the manifests of every cluster as paths and bytes, and reading them back. Pure but for template files.

Leaves to ``git`` where the tree goes.
"""
