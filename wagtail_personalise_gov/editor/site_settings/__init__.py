"""What a site says of itself: the form of Wagtail's site settings, with the banner as visitors will see it beside it.

form.py: groups of fields, and words by language · preview.py: the banner of a form that is not saved · views.py: where
the form asks for it · changes.py: what the history says was changed · needs.py: sites that want looking after.
"""
