"""Show each visitor the right words without watching them.

core       facts, conditions, rulesets and decisions: pure Python
models     what editors fill in: segments, rules, intents
visit      one request seen through personalisation: ``request.visit``
blocks     content that has variants; privacy: the visitor's choice; api: the same, headless
editor     the Wagtail admin
"""

__version__ = "0.1.0"
