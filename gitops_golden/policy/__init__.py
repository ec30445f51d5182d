"""Text to policy: what a platform engineer writes, checked and given meaning.

Leaves to ``plan`` what a cluster therefore holds, and to ``registry`` which digest a tag is.
"""
