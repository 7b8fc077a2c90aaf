"""Reports that arrive at the same moment are written together: two writers take all that wait, each in turn, in one transaction."""

import logging
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from queue import Empty, SimpleQueue

import psycopg

from geodata.db import Pool, writing
from geodata.errors import HallError, InvalidInputError
from services.intake import Received, Report, check, keep_failed, receive_all
from services.rights import Reader

log = logging.getLogger(__name__)

MOST_TOGETHER = 64
WRITERS = 2
"""While one waits for the database the other works on its reports."""


@dataclass(slots=True, eq=False)
class _Waiting:
    report: Report
    reader: Reader
    now: datetime
    received: Received | None = None
    error: HallError | None = None
    done: threading.Event = field(default_factory=threading.Event)


class IntakeQueue:
    """Takes reports of many threads. Each caller gets the answer to its own report after it was committed."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._waiting: SimpleQueue[_Waiting] = SimpleQueue()
        self._starting = threading.Lock()
        self._started = False

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
                item.error = error
                item.done.set()
        self._start()
        for item in mine:
            if not item.done.is_set():
                self._waiting.put(item)
        for item in mine:
            item.done.wait()
        return [_told(item) for item in mine]

    def _start(self) -> None:
        """Start the writers with the first report: after the process was forked."""
        with self._starting:
            if not self._started:
                self._started = True
                for number in range(WRITERS):
                    threading.Thread(target=self._run, name=f"intake-{number}", daemon=True).start()

    def _run(self) -> None:
        while True:
            batch = [self._waiting.get()]
            try:
                while len(batch) < MOST_TOGETHER:
                    batch.append(self._waiting.get_nowait())
            except Empty:
                pass
            try:
                self._write(batch)
            finally:
                for item in batch:  # nobody waits for ever, whatever happened
                    item.done.set()

    def _write(self, batch: Sequence[_Waiting]) -> None:
        try:
            with writing(self._pool) as conn:
                answers = receive_all(conn, [(item.report, item.reader) for item in batch], max(item.now for item in batch), checked=True)
        except HallError as error:
            if len(batch) == 1:
                batch[0].error = error
            else:
                self._one_by_one(batch)
            return
        except psycopg.Error as error:
            log.exception("%d reports could not be written", len(batch))
            if len(batch) == 1:
                self._keep(batch[0], error)
            else:
                self._one_by_one(batch)
            return
        for item, received in zip(batch, answers, strict=True):
            item.received = received
            item.done.set()

    def _one_by_one(self, batch: Sequence[_Waiting]) -> None:
        """One bad report must not spoil the others."""
        for item in batch:
            self._write([item])
            item.done.set()

    def _keep(self, item: _Waiting, error: psycopg.Error) -> None:
        try:
            with writing(self._pool) as conn:
                item.received = keep_failed(conn, item.report, item.now, reader=item.reader)
        except (HallError, psycopg.Error):
            item.error = HallError(f"{type(error).__name__}: {error}")


def _told(item: _Waiting) -> Received | InvalidInputError:
    if item.received is not None:
        return item.received
    if isinstance(item.error, InvalidInputError):
        return item.error
    raise item.error or HallError("a report was neither taken in nor refused")
