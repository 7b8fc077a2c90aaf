"""Reports that arrive at the same moment are written together: whoever comes first writes for all that wait."""

import logging
import threading
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

import psycopg

from geodata.db import Pool, writing
from geodata.errors import HallError, InvalidInputError
from services.intake import Received, Report, check, keep_failed, receive_all
from services.rights import Reader

log = logging.getLogger(__name__)

MOST_TOGETHER = 64


@dataclass(slots=True, eq=False)
class _Waiting:
    report: Report
    reader: Reader
    now: datetime
    received: Received | None = None
    error: HallError | None = None
    done: bool = field(default=False)


class IntakeQueue:
    """Takes reports of many threads. Each caller gets the answer to its own report after it was committed."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._waiting: deque[_Waiting] = deque()
        self._turn = threading.Lock()

    def receive(self, report: Report, now: datetime, *, reader: Reader) -> Received:
        """Take a report in. Errors as `services.intake.receive_all`, and SourceUnavailableError."""
        answer = self.receive_all([report], now, reader=reader)[0]
        if isinstance(answer, InvalidInputError):
            raise answer
        return answer

    def receive_all(self, reports: Sequence[Report], now: datetime, *, reader: Reader) -> list[Received | InvalidInputError]:
        """Take several reports of one sender in: what became of each, in their order. A bad one spoils no other.

        Raises:
            NotAllowedError: the reader's role hands in no reports of that source.
            SourceUnavailableError: the database does not answer; what was not committed is to be sent again.
        """
        mine = [_Waiting(report, reader, now) for report in reports]
        for item in mine:
            try:
                check(item.report, reader)
            except InvalidInputError as error:
                item.error, item.done = error, True
        open_ones = [item for item in mine if not item.done]
        self._waiting.extend(open_ones)
        for item in open_ones:
            while not item.done:
                with self._turn:
                    if not item.done:
                        self._write(self._next())
        return [_told(item) for item in mine]

    def _next(self) -> list[_Waiting]:
        batch: list[_Waiting] = []
        while self._waiting and len(batch) < MOST_TOGETHER:
            batch.append(self._waiting.popleft())
        return batch

    def _write(self, batch: Sequence[_Waiting]) -> None:
        try:
            with writing(self._pool) as conn:
                answers = receive_all(conn, [(item.report, item.reader) for item in batch], max(item.now for item in batch), checked=True)
        except HallError as error:
            if len(batch) == 1:
                batch[0].error = error
                batch[0].done = True
            for item in batch if len(batch) > 1 else ():  # one bad report must not spoil the others
                self._write([item])
            return
        except psycopg.Error as error:
            log.exception("%d reports could not be written", len(batch))
            for item in batch:
                if len(batch) > 1:
                    self._write([item])
                else:
                    self._keep(item, error)
            return
        except BaseException as error:
            for item in batch:
                item.error = HallError(f"{type(error).__name__}: {error}")
                item.done = True
            raise
        for item, received in zip(batch, answers, strict=True):
            item.received = received
            item.done = True

    def _keep(self, item: _Waiting, error: psycopg.Error) -> None:
        try:
            with writing(self._pool) as conn:
                item.received = keep_failed(conn, item.report, item.now, reader=item.reader)
        except (HallError, psycopg.Error):
            item.error = HallError(f"{type(error).__name__}: {error}")
        item.done = True


def _told(item: _Waiting) -> Received | InvalidInputError:
    if item.received is not None:
        return item.received
    if isinstance(item.error, InvalidInputError):
        return item.error
    raise item.error or RuntimeError("a report was neither taken in nor refused")
