"""Guardrails: planned deliveries judged by JSON Schemas, the policy's own and built-in ones.

A delivery is judged without its cluster's name, so each distinct variant once. Opens no file: schemas come as values.
"""
