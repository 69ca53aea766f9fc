"""What a public body's site must do, requirement by requirement, tried from outside.

`requirements.toml` is the list. Each test here says which of its numbers it proves: ``@requirement(2)``. `test_list.py`
fails where a requirement has no test, or a test names a number that is not there. docs/reference/requirements.md is
written from both. These tests stand by themselves: they prove by what they see, whatever other tests say.
"""
