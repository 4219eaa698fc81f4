"""An operator's id finds its finding, as AWS has it now, or says why not."""

import os
import sqlite3
import stat
import threading
from datetime import UTC, datetime

import pytest
from asff_made import asff, detected, guardduty, ocsf, read
from hubs_made import OFF, Hubs

from secguard.errors import AmbiguousId, Denied, UnknownId
from secguard.findings.index import FILE_NAME, Index
from secguard.findings.lookup import resolve
from secguard.model import Source, Workflow, fingerprint

NOW = datetime(2026, 11, 23, 18, 0, tzinfo=UTC)


@pytest.fixture
def index(tmp_path):
    return Index(tmp_path)


@pytest.fixture
def aws():
    return Hubs({"us-east-1": [asff(1), guardduty(2)], "eu-west-1": [guardduty(3, Region="eu-west-1")]})


def find(aws, index, *ids):
    return resolve(ids, aws=aws, index=index, now=NOW)


def full_of(item):
    return fingerprint(item["ProductArn"], item["Id"])


def listings(aws):
    return [parameters for _, operation, parameters in aws.asked if operation == "GetFindings"]


def test_a_short_id_of_a_list_is_read_from_its_region_alone(aws, index):
    item = aws.hubs["eu-west-1"][0]
    index.remember([read(item)])
    (finding,) = find(aws, index, full_of(item)[:8])
    assert finding.id == item["Id"]
    assert [(region, operation) for region, operation, _ in aws.asked] == [("eu-west-1", "GetFindings")]


def test_what_is_found_is_as_aws_has_it_now(aws, index):
    item = aws.hubs["us-east-1"][0]
    index.remember([read(item)])
    item["Workflow"] = {"Status": "RESOLVED"}
    item["RecordState"] = "ARCHIVED"
    (finding,) = find(aws, index, full_of(item)[:8])
    assert finding.workflow_status == Workflow.RESOLVED


def test_a_short_id_that_was_never_listed_here_is_searched_for_and_then_known(aws, index):
    item = aws.hubs["eu-west-1"][0]
    (finding,) = find(aws, index, full_of(item)[:10].upper())
    assert finding.id == item["Id"]
    assert [known.id for known in index.beginning(full_of(item)[:8])] == [item["Id"]]


@pytest.mark.parametrize("known", [True, False])
def test_guarddutys_own_id_is_enough(aws, index, known):
    item = aws.hubs["us-east-1"][1]
    if known:
        index.remember([read(item)])
    (finding,) = find(aws, index, item["Id"].rsplit("/", 1)[1])
    assert finding.id == item["Id"]


def test_a_full_id_needs_no_index_and_no_listing(aws, index):
    item = aws.hubs["eu-west-1"][0]
    (finding,) = find(aws, index, item["Id"])
    assert finding.id == item["Id"]
    assert all("Id" in parameters["Filters"] for parameters in listings(aws))


def test_several_ids_keep_their_order_and_each_is_found_once(aws, index):
    first, second = aws.hubs["us-east-1"]
    found = find(aws, index, second["Id"], first["Id"], full_of(second)[:12])
    assert [finding.id for finding in found] == [second["Id"], first["Id"]]


def test_an_id_that_the_index_knows_elsewhere_is_looked_for_everywhere(aws, index):
    item = aws.hubs["eu-west-1"][0]
    index.remember([read({**item, "ProductArn": item["ProductArn"]})])
    aws.hubs["us-east-1"], aws.hubs["eu-west-1"] = [item], []
    assert find(aws, index, full_of(item)[:8])[0].id == item["Id"]


def test_an_unknown_id_is_said_to_be_unknown(aws, index):
    with pytest.raises(UnknownId, match="'0000000000'"):
        find(aws, index, "0000000000")


def test_an_unknown_id_is_not_denied_where_not_everywhere_could_be_looked(aws, index):
    aws.hubs["eu-west-1"] = Denied("not allowed")
    with pytest.raises(UnknownId, match=r"not everywhere could be looked: 123456789012 eu-west-1: not allowed"):
        find(aws, index, "0000000000")


def test_what_guardduty_found_is_read_from_it_where_there_is_no_security_hub(index):
    aws = Hubs({"us-east-1": [asff(1)]}, detectors={"eu-west-1": [detected(7, region="eu-west-1")]})
    arn = detected(7, region="eu-west-1")["arn"]
    short = full_of({"ProductArn": "arn:aws:securityhub:eu-west-1::product/aws/guardduty", "Id": arn})[:8]
    for name in (arn, arn.rsplit("/", 1)[1], short):
        (finding,) = find(aws, index, name)
        assert (finding.id, finding.source, finding.short_id) == (arn, Source.GUARDDUTY, short)


def test_what_is_archived_in_guardduty_is_found_too(index):
    archived = detected(7, service={"archived": True})
    aws = Hubs({"us-east-1": OFF}, detectors={"us-east-1": [archived]})
    assert find(aws, index, archived["arn"])[0].record_state == "ARCHIVED"


def test_a_finding_of_the_new_security_hub_is_found_listed_or_not(index):
    item = ocsf(7)
    aws = Hubs({"us-east-1": [asff(1)]}, new_hubs={"us-east-1": [item]})
    (searched,) = find(aws, index, item["metadata"]["uid"])
    index.remember([searched])
    aws.asked.clear()
    (known,) = find(aws, index, searched.short_id)
    assert (known.id, known.source) == (item["metadata"]["uid"], Source.SECURITY_HUB_V2)
    assert [operation for _, operation, _ in aws.asked] == ["GetFindingsV2"]


@pytest.mark.parametrize("blank", ["", "  "])
def test_a_blank_id_is_refused_and_nobody_is_asked(aws, index, blank):
    with pytest.raises(UnknownId, match="blank"):
        find(aws, index, blank)
    assert aws.asked == []


def test_too_few_digits_are_refused(aws, index):
    with pytest.raises(UnknownId, match="too short"):
        find(aws, index, "3f9a")
    assert aws.asked == []


def test_an_ambiguous_short_id_names_ids_that_are_not(aws, index, monkeypatch):
    alike = {item["Id"]: f"{'a' * 9}{number}{'0' * 54}" for number, item in enumerate(aws.hubs["us-east-1"])}
    for module in ("lookup", "index", "feeds.levels"):
        monkeypatch.setattr(f"secguard.findings.{module}.fingerprint", lambda _arn, found: alike.get(found, "b" * 64))
    with pytest.raises(AmbiguousId) as from_aws:
        find(aws, index, "a" * 8)
    index.remember([read(item) for item in aws.hubs["us-east-1"]])
    with pytest.raises(AmbiguousId) as from_index:
        find(aws, index, "a" * 8)
    for refused in (from_aws, from_index):
        assert [candidate.split()[0] for candidate in refused.value.candidates] == ["a" * 9 + "0", "a" * 9 + "1"]


def test_one_id_of_two_products_is_ambiguous(aws, index):
    twin = {**aws.hubs["us-east-1"][0], "ProductArn": "arn:aws:securityhub:us-east-1::product/prowler/prowler"}
    aws.hubs["us-east-1"].append(twin)
    with pytest.raises(AmbiguousId):
        find(aws, index, twin["Id"])


def test_an_error_at_the_known_region_does_not_end_the_search(aws, index):
    item = aws.hubs["eu-west-1"][0]
    index.remember([read(item)])
    aws.home = "us-east-1"
    aws.breaks["eu-west-1"] = (0, Denied("no"))
    assert find(aws, index, item["Id"])[0].id == item["Id"]


def test_the_index_is_for_its_owner_alone(index, tmp_path):
    index.remember([read(asff())])
    assert stat.S_IMODE(os.stat(tmp_path / FILE_NAME).st_mode) == 0o600  # noqa: PTH116 - the mode is what matters


def test_an_index_that_is_damaged_is_begun_anew(index, tmp_path):
    (tmp_path / FILE_NAME).write_bytes(b"this is no database, but long enough to look like a file" * 40)
    assert index.beginning("a" * 8) == []
    index.remember([read(asff())])
    assert len(index.beginning(full_of(asff())[:8])) == 1


def test_an_index_that_can_not_be_written_is_said_and_can_still_be_asked(tmp_path):
    index = Index(tmp_path / "gone")
    with pytest.raises((OSError, sqlite3.Error)):
        index.remember([read(asff())])
    assert index.beginning("a" * 8) == []


def test_many_may_write_the_index_at_once(index):
    def write(start):
        for number in range(start, start + 20):
            Index(index._file.parent).remember([read(asff(number))])

    threads = [threading.Thread(target=write, args=(start,)) for start in (0, 100, 200, 300)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(index.beginning("")) == 80


def test_the_oldest_entries_leave_a_full_index(index, monkeypatch):
    monkeypatch.setattr("secguard.findings.index._MOST_ROWS", 3)
    for number in range(5):
        index.remember([read(asff(number))])
    kept = {known.id[-1] for known in index.beginning("")}
    assert kept == {"2", "3", "4"}
