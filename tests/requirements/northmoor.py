"""The pages of the example site, Northmoor Council, and its visitors."""

from __future__ import annotations

from tests.requirements.visitors import FIREFOX, NOWHERE, Visitor

HOME, LICENCE, EMERGENCY, COUNCILLORS = "/", "/services/business-licence/", "/emergency/", "/services/your-councillors/"
ADAPTING = (HOME, LICENCE, EMERGENCY, COUNCILLORS, "/services/garden-waste/")
WELSH = "/cy/"


class Resident(Visitor):
    """A visitor of Northmoor, whose proxy says where they are."""

    def __init__(self, address: str = NOWHERE, agent: str = FIREFOX, **headers: str) -> None:
        super().__init__("127.0.0.1", agent, X_Forwarded_For=address, **headers)
