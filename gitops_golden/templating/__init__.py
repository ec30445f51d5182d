"""Templates: the shipped ones and the users', each rendered within its bounds, every value quoted.

Pure but for the shipped files. What a template is given is :mod:`gitops_golden.render`'s business.
"""
