"""Revisions: what a write made, a reader can ask for."""

import pytest
from botocore.exceptions import ClientError

REVISION, AT_LEAST = "x-keyward-revision", "x-keyward-min-revision"


@pytest.fixture(scope="module")
def iam(server):
    return server.client("iam")


def revision(answer):
    return int(answer["ResponseMetadata"]["HTTPHeaders"][REVISION])


def at_least(server, wanted):
    """Returns a client whose requests ask for a revision."""
    client = server.client("iam")
    client.meta.events.register("before-sign.iam", lambda request, **_: request.headers.add_header(AT_LEAST, str(wanted)))
    return client


def test_writes_and_reads_tell_their_revision(iam):
    made = revision(iam.create_user(UserName="one"))
    read = revision(iam.get_user(UserName="one"))
    assert read >= made
    assert revision(iam.tag_user(UserName="one", Tags=[{"Key": "k", "Value": "v"}])) > made


def test_a_revision_that_is_there_is_served(server, iam):
    made = revision(iam.create_user(UserName="two"))
    client = at_least(server, made)
    assert revision(client.get_user(UserName="two")) >= made
    assert at_least(server, 0).get_user(UserName="two")["User"]["UserName"] == "two"


def test_a_revision_that_does_not_come_is_an_error_after_a_while(server, iam):
    made = revision(iam.create_user(UserName="three"))
    with pytest.raises(ClientError) as caught:
        at_least(server, made + 1_000_000).get_user(UserName="three")
    answer = caught.value.response
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 503
    assert answer["Error"]["Code"] == "ServiceUnavailable" and str(made + 1_000_000) in answer["Error"]["Message"]


@pytest.mark.parametrize("wrong", ["x", "-1", "1.5", "", "99999999999999999999999"])
def test_what_is_no_revision_is_refused(server, wrong):
    with pytest.raises(ClientError) as caught:
        at_least(server, wrong).get_user(UserName="one")
    assert caught.value.response["Error"]["Code"] == "ValidationError"
