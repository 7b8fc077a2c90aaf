"""Released migrations are never edited."""

from geodata.migrate import SUMS, sums


def test_no_released_migration_was_edited() -> None:
    assert SUMS.read_text(encoding="utf-8") == sums()
