"""The Wagtail admin: where editors make segments, try them, write and preview versions, and see what needs a hand.

Each package is about one thing that editors work on; what all of them share stands here.

Not named ``admin``, because Django imports the ``admin`` module of every app.
"""
