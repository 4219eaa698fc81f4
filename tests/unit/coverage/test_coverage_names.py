"""Names that operators type, and the ones that AWS knows."""

import pytest

from secguard.coverage.names import (
    KNOWN_STANDARDS,
    check_integration,
    check_standard,
    feature_named,
    product_arn,
    standard_arn,
)
from secguard.errors import UsageError
from secguard.settings.securityhub import standard_name

KNOWN = ("S3_DATA_EVENTS", "RUNTIME_MONITORING")
FSBP = "arn:aws:securityhub:eu-west-1::standards/aws-foundational-security-best-practices/v/1.0.0"
CIS = "arn:aws:securityhub:eu-west-1::standards/cis-aws-foundations-benchmark/v"


def arn(text, **more):
    return standard_arn(text, partition="aws", region="eu-west-1", **more)


@pytest.mark.parametrize("text", ["s3", "S3", "S3_DATA_EVENTS", "s3_data_events", "s3-data-events"])
def test_a_feature_goes_by_its_short_name_and_by_the_apis(text):
    assert feature_named(text, known=KNOWN) == "S3_DATA_EVENTS"


def test_an_unknown_feature_is_refused_with_those_there_are():
    with pytest.raises(UsageError, match="no feature 's33'") as refused:
        feature_named("s33", known=KNOWN)

    assert "s3, runtime" in refused.value.advice


def test_a_standard_without_a_version_is_the_newest_known():
    assert arn("cis") == f"{CIS}/5.0.0"
    assert arn("fsbp") == FSBP


def test_what_security_hub_lists_decides_which_is_the_newest():
    listed = [f"{CIS}/3.0.0", f"{CIS}/10.0.0", f"{CIS}/9.0.0", FSBP]

    assert arn("cis", listed=listed) == f"{CIS}/10.0.0"


def test_a_standard_that_is_not_listed_is_still_named():
    assert arn("pci-dss", listed=[FSBP]).endswith("standards/pci-dss/v/4.0.1")


def test_the_oldest_cis_has_its_own_form():
    assert arn("cis-1.2.0") == "arn:aws:securityhub:::ruleset/cis-aws-foundations-benchmark/v/1.2.0"


def test_a_version_that_is_newer_than_this_release_is_passed_on():
    assert arn("cis-6.0.0") == f"{CIS}/6.0.0"


def test_an_arn_of_another_region_is_moved_here():
    other = "arn:aws:securityhub:us-east-1::standards/pci-dss/v/3.2.1"

    assert standard_arn(other, partition="aws-cn", region="cn-north-1") == (
        "arn:aws-cn:securityhub:cn-north-1::standards/pci-dss/v/3.2.1"
    )


@pytest.mark.parametrize("path", KNOWN_STANDARDS)
def test_a_short_name_leads_back_to_its_standard(path):
    here = f"arn:aws:securityhub:{'' if path.startswith('ruleset') else 'eu-west-1'}::{path}"

    check_standard(standard_name(here))
    assert arn(standard_name(here)) == here


@pytest.mark.parametrize("text", ["", "cis5", "cis-5", "CIS", "soc-2", "nist-800", "arn:aws:iam::1:user/x"])
def test_what_names_no_standard_is_refused(text):
    with pytest.raises(UsageError, match="no standard"):
        check_standard(text)


@pytest.mark.parametrize(
    ("text", "product"),
    [
        ("inspector", "arn:aws:securityhub:eu-west-1::product/aws/inspector"),
        ("prowler/prowler", "arn:aws:securityhub:eu-west-1::product/prowler/prowler"),
        (
            "arn:aws:securityhub:us-west-2:111122223333:product/acme/scanner",
            "arn:aws:securityhub:eu-west-1:111122223333:product/acme/scanner",
        ),
    ],
)
def test_an_integration_goes_by_a_short_name_or_an_arn(text, product):
    check_integration(text)

    assert product_arn(text, partition="aws", region="eu-west-1") == product


@pytest.mark.parametrize("text", ["", "a/b/c", "arn:aws:securityhub:::hub/default"])
def test_what_names_no_product_is_refused(text):
    with pytest.raises(UsageError, match="names no integration"):
        check_integration(text)
