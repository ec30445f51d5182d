"""One policy in Git to a proof, digest by digest, that every cluster serves what the registry holds."""

__version__ = "0.1.0"
