"""The Wagtail admin: where editors build segments and intents, and preview what they wrote for each.

Not named ``admin``, because Django imports the ``admin`` module of every app.
"""
