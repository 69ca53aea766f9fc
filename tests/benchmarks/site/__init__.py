"""The site that is measured, as three subjects: without personalisation, with ours, with the peer's."""
