"""The delivered kinds of briefs as files: what they say, of which query, to whom, how often."""

from pathlib import Path

FOLDER = Path(__file__).parent
