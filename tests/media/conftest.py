"""Cameras that really film, a district for each file of tests."""

from collections.abc import Iterator

import pytest

from tests.conftest import EMPTY, drop, recreate
from tests.media import recorded
from tests.media.studio import Studio, build
from tests.serving import Served
from tests.town import Town


@pytest.fixture(scope="module")
def studio(worker_name: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    """A district of twenty cameras with an own database; nothing runs yet."""
    name = f"hall_test_{worker_name}_studio"
    yield build(recreate(name, EMPTY), tmp_path_factory.mktemp("studio"))
    drop(name)


@pytest.fixture(scope="module")
def filming(studio: Studio) -> Iterator[Studio]:
    """The same with its simulated cameras running."""
    with studio.cameras():
        yield studio


@pytest.fixture(scope="module")
def on_air(filming: Studio) -> Iterator[tuple[Studio, Served]]:
    """The same with the gateway and the web process."""
    with filming.gateway(), filming.web() as served:
        yield filming, served


@pytest.fixture(scope="module")
def served(town: Town, tmp_path_factory: pytest.TempPathFactory) -> Iterator[recorded.Served]:
    """Recordings that are there already, behind the gateway's routes."""
    with recorded.recorded(town, tmp_path_factory.mktemp("vod")) as made:
        yield made
