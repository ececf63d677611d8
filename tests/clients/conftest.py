import sys
import pathlib

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from keyward import Keyward  # noqa: E402


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with Keyward(tmp_path_factory.mktemp("keyward") / "data") as running:
        yield running


@pytest.fixture
def fresh(tmp_path):
    """A server of the test's own that is not started yet."""
    prepared = Keyward(tmp_path / "data")
    yield prepared
    prepared.stop()
