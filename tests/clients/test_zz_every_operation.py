"""Runs last: every operation that is served was called by some test above, through boto3."""

import pathlib
import re

import pytest

from keyward import CALLED

# Refused whoever asks: no account is in an organization yet. `test_sts.py` calls it and reads the refusal.
ONLY_REFUSED = {("sts", "AssumeRoot")}
PAGE = pathlib.Path(__file__).parents[2] / "docs" / "compatibility.md"


def test_every_served_operation_was_called(request):
    if len({item.fspath for item in request.session.items}) < 8:
        pytest.skip("only a part of the tests runs")
    rows = re.findall(r"^\| (iam|sts):(\w+) \| `", PAGE.read_text(), flags=re.MULTILINE)
    assert len(rows) > 20, "the page of compatibility lists hardly any operation"
    missing = sorted(set(rows) - CALLED - ONLY_REFUSED)
    assert not missing, f"no test calls {missing}"
