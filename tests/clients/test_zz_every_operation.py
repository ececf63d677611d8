"""Runs last: every operation that is served was called by some test above, through boto3."""

import boto3
import pytest

from keyward import CALLED

# Called by no test, with the reason. A stale entry fails too.
NOT_CALLED = {}


def served(server, service):
    """The operations of the model that do not answer NotImplemented."""
    client = server.client(service, config={"parameter_validation": False})
    for name in client.meta.service_model.operation_names:
        method = boto3.session.Session().client(service, region_name="us-east-1").meta.method_to_api_mapping
        python_name = next(key for key, value in method.items() if value == name)
        try:
            getattr(client, python_name)()
        except Exception as error:  # noqa: BLE001 - whatever it is, its code is asked for
            if getattr(error, "response", {}).get("Error", {}).get("Code") == "NotImplemented":
                continue
        yield service, name


def test_every_served_operation_was_called(server, request):
    if len({item.fspath for item in request.session.items}) < 8:
        pytest.skip("only a part of the tests runs")
    called = set(CALLED)
    missing = {(service, name) for service in ("iam", "sts") for service, name in served(server, service)} - called
    assert missing == set(NOT_CALLED), f"no test calls: {sorted(missing - set(NOT_CALLED))}"
