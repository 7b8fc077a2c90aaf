"""What the machine interfaces are handed: nothing of it is looked up at import."""

from dataclasses import dataclass

from api.identity import Identity
from geodata.db import Pool
from geodata.settings import Settings
from services.account_book import AccountBook
from services.history import HistoryStore
from services.mirror_store import MirrorStore
from services.routing.store import RoadStore


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """The parts of this process that answers are made from."""

    pool: Pool
    store: MirrorStore
    book: AccountBook
    identity: Identity
    settings: Settings
    roads: RoadStore
    history: HistoryStore
