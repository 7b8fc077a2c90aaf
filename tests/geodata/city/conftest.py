"""The toy district: as a ground, as a sample to draw from, and as a database with a generated city in it."""

import datetime as dt
from collections.abc import Iterator

import numpy as np
import psycopg
import pytest

from geodata.city.generate import generate
from geodata.city.ground import Ground
from geodata.city.sample import Sample
from geodata.city.streets import read_streets
from geodata.db import Conn
from tests.conftest import EMPTY, drop, recreate
from tests.geodata.city import toy

NOON = dt.datetime(2026, 11, 23, 4, tzinfo=dt.UTC)
"""12:00 in the district."""
SEED = 7


@pytest.fixture(scope="session")
def ground() -> Ground:
    return toy.ground()


@pytest.fixture(scope="session")
def sample(ground: Ground) -> Sample:
    """The toy district at its smallest, at noon."""
    return Sample(ground=ground, streets=read_streets(ground), scale=0.02, seed=SEED, now=np.datetime64("2026-11-23T04:00:00"))


@pytest.fixture(scope="session")
def toy_url(worker_name: str, ground: Ground) -> Iterator[str]:
    """A database with the toy district and its generated city."""
    name = f"hall_test_{worker_name}_toy"
    url = recreate(name, EMPTY)
    with psycopg.connect(url) as conn:
        toy.store(conn, ground)
        generate(conn, ground, scale=0.02, seed=SEED, now=NOON)
    yield url
    drop(name)


@pytest.fixture
def toy_conn(toy_url: str) -> Iterator[Conn]:
    """Connection to the generated toy city inside a transaction that is rolled back."""
    with psycopg.connect(toy_url) as conn:
        yield conn
        conn.rollback()
