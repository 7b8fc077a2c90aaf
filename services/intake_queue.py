"""Reports that arrive at the same moment are written together: writers take all that wait, each in turn, in one transaction."""

import logging
import threading
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import datetime
from queue import Empty, SimpleQueue

import psycopg

from geodata.db import Pool, writing
from geodata.errors import BusyError, HallError, InvalidInputError, SourceUnavailableError
from services.intake import Received, keep_failed, receive_all
from services.report import Report, check
from services.rights import Reader

log = logging.getLogger(__name__)

MOST_TOGETHER = 64
WRITERS = 2
"""While one waits for the database the other works on its reports."""
TRIES = 4
"""So often a set is tried that the database ends to free another transaction."""


@dataclass(slots=True, eq=False)
class _Waiting:
    report: Report
    reader: Reader
    now: datetime
    answer: "Future[Received]" = field(default_factory=Future)


class IntakeQueue:
    """Takes reports of many senders. Each gets the answer to its own report after it was committed."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._waiting: SimpleQueue[_Waiting] = SimpleQueue()
        self._starting = threading.Lock()
        self._started = False

    def submit(self, report: Report, now: datetime, *, reader: Reader) -> "Future[Received]":
        """Hand a report in and wait for nothing; the answer may hold the errors of `services.intake.receive_all`, and SourceUnavailableError.

        Raises:
            InvalidInputError, NotAllowedError: as `services.report.check`.
        """
        check(report, reader)
        self._start()
        item = _Waiting(report, reader, now)
        item.answer.set_running_or_notify_cancel()  # what was handed in is worked on, also when the sender hangs up
        self._waiting.put(item)
        return item.answer

    def receive(self, report: Report, now: datetime, *, reader: Reader) -> Received:
        """Take a report in. Errors as `submit` and its answer."""
        return self.submit(report, now, reader=reader).result()

    def receive_all(self, reports: Sequence[Report], now: datetime, *, reader: Reader) -> list[Received | InvalidInputError]:
        """Take several reports of one sender in: what became of each, in their order. A bad one spoils no other.

        Raises:
            NotAllowedError: the reader's role hands in no reports of that source.
            SourceUnavailableError: the database does not answer; what was not committed is to be sent again.
        """
        answers: list[Future[Received] | InvalidInputError] = []
        for report in reports:
            try:
                answers.append(self.submit(report, now, reader=reader))
            except InvalidInputError as error:
                answers.append(error)
        return [answer if isinstance(answer, InvalidInputError) else _told(answer) for answer in answers]

    def _start(self) -> None:
        """Start the writers with the first report: after the process was forked."""
        if self._started:
            return
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
            except BaseException as error:  # nobody waits for ever, whatever happened
                log.exception("%d reports could not be worked on", len(batch))
                _fail(batch, HallError(f"{type(error).__name__}: {error}"))

    def _write(self, batch: Sequence[_Waiting], tries: int = TRIES) -> None:
        try:
            with writing(self._pool) as conn:
                answers = receive_all(conn, [(item.report, item.reader) for item in batch], max(item.now for item in batch), checked=True)
        except BusyError as error:
            if tries == 1:
                _fail(batch, error)
            else:
                self._write(batch, tries - 1)
        except SourceUnavailableError as error:
            _fail(batch, error)
        except HallError as error:
            self._one_by_one(batch, error)
        except psycopg.Error as error:
            log.exception("%d reports could not be written", len(batch))
            self._one_by_one(batch, error)
        else:
            for item, received in zip(batch, answers, strict=True):
                item.answer.set_result(received)

    def _one_by_one(self, batch: Sequence[_Waiting], error: HallError | psycopg.Error) -> None:
        """One bad report must not spoil the others."""
        if len(batch) > 1:
            for item in batch:
                self._write([item])
        elif isinstance(error, HallError):
            _fail(batch, error)
        else:
            self._keep(batch[0], error)

    def _keep(self, item: _Waiting, error: psycopg.Error) -> None:
        try:
            with writing(self._pool) as conn:
                received = keep_failed(conn, item.report, item.now, reader=item.reader)
        except (HallError, psycopg.Error):
            _fail([item], HallError(f"{type(error).__name__}: {error}"))
        else:
            item.answer.set_result(received)


def _fail(batch: Sequence[_Waiting], error: HallError) -> None:
    for item in batch:
        if not item.answer.done():
            item.answer.set_exception(error)


def _told(answer: "Future[Received]") -> Received | InvalidInputError:
    try:
        return answer.result()
    except InvalidInputError as error:
        return error
