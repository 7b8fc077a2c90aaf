"""Fill the table of transitions with the shipped one. An installation edits the table; what is there is never overwritten."""

import csv
from pathlib import Path

from geodata.db import Conn

FILE = Path(__file__).parent / "transitions.csv"
EMPTY = "SELECT NOT EXISTS (SELECT FROM hall.transition)"
ADD = """
    INSERT INTO hall.transition (action, from_state, to_state, roles, own, requires, conditions, position)
    VALUES (%(action)s, %(from_state)s, nullif(%(to_state)s, ''), %(roles)s, %(own)s, %(requires)s, %(conditions)s, %(position)s)
"""


def load(conn: Conn) -> bool:
    """Insert the shipped transitions when there are none; say whether it did. Works in the caller's transaction."""
    row = conn.execute(EMPTY).fetchone()
    if not row or not row[0]:
        return False
    for line in rows():
        conn.execute(ADD, line)
    return True


def rows() -> list[dict[str, object]]:
    """Return the shipped transitions, one for each state that an action starts from."""
    with FILE.open(encoding="utf-8", newline="") as file:
        return [
            {
                "action": line["action"],
                "from_state": state,
                "to_state": line["to_state"],
                "roles": line["roles"].split(),
                "own": line["own"] == "own",
                "requires": line["requires"].split(),
                "conditions": line["conditions"].split(),
                "position": int(line["position"]),
            }
            for line in csv.DictReader(file)
            for state in line["from_states"].split()
        ]
