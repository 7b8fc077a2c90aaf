"""The small town of tests/town.py for the tests of this folder."""

from tests.town import town, town_conn, town_url

__all__ = ["town", "town_conn", "town_url"]
