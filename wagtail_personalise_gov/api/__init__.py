"""The headless API: what a template gets through ``request.visit``, for a front end in any language."""
