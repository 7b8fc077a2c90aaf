"""What pages and callbacks are handed: nothing of it is looked up at import."""

from dataclasses import dataclass

from flask_caching import Cache

from geodata.db import Pool
from geodata.settings import Settings
from services.account_book import AccountBook
from services.history import HistoryStore
from services.mirror_store import MirrorStore
from services.routing.store import RoadStore


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """The parts of this process that screens are made from."""

    settings: Settings
    pool: Pool
    store: MirrorStore
    book: AccountBook
    cache: Cache
    roads: RoadStore
    history: HistoryStore
