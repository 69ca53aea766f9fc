"""Segments as files: out of one site and into another, or into git.

Pure functions over the database that print nothing, so that commands and the admin can share them. Stands beside
`compiling`: it knows models, and nothing of requests. A file names everything by what it is called, never by a number
of this database.
"""

from .differences import Change, difference
from .documents import SegmentFileError, from_text, to_text
from .exporting import export_segments
from .importing import import_segments, rehearsed_import

__all__ = [
    "Change",
    "SegmentFileError",
    "difference",
    "export_segments",
    "from_text",
    "import_segments",
    "rehearsed_import",
    "to_text",
]
