"""The single source of truth for images: which digest a tag is, and the lock that pins it.

Reads a registry over HTTP or a folder of OCI image layouts and keeps what it learnt in ``fleet.lock.yaml``.
No other part speaks HTTP. What a cluster is to do with a digest is the plan's to decide.
"""
