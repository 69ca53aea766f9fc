"""What `manage.py demo_content` begins with: Northmoor's words, segments, intents and people.

It is written once, into an empty site. From then on it belongs to the editors.
"""
