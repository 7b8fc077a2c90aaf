"""What `v=` in an address says: which state of a layer it was made for, and for whose area.

A tile under such an address never changes, so a browser keeps it without asking. Readers bound to different areas have different addresses:
what the browser kept for one of them is not shown to the next.
"""

from zlib import crc32

from services.revisions import Revision


def version(revision: Revision, area: str) -> str:
    """Return the version of a layer's tiles for readers bound to an area code prefix (empty: to none)."""
    return f"{revision.token}-{crc32(area.encode()):08x}" if area else revision.token
