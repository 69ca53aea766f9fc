"""The API described for machines (OpenAPI): what each call takes and answers, as data, and the document made of it.

Written by hand, since the answers are: no serialiser knows them. It is in English, as the documentation is, and
tests/api/test_openapi.py holds it against real answers.
"""
