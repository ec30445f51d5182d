"""Cluster readers: what each cluster holds, live or as recorded, or why it could not be read.

This package observes and never judges: what an observation means is verify's to say.
"""
