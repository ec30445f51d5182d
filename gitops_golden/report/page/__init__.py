"""The parts of the HTML report: what it says as markup, what its script works on, and the script and style it carries.

Leaves to ``report.html`` how they make one page.
"""
