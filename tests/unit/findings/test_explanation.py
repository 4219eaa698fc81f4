"""Every type has its explanation: its own, in words of its own, with a link that stands."""

import csv
import json
import re
from collections import Counter
from pathlib import Path

import pytest
from asff_made import asff, guardduty, ocsf, read
from stories_made import MADE

from secguard.findings.files import findings_in
from secguard.findings.telling.evidence import evidence
from secguard.findings.telling.explanation import (
    TACTIC_IDS,
    explain,
    families,
    finding_types,
    parts,
    products,
    techniques_of,
)
from secguard.model import Technique
from secguard.sandbox.seed.controls import ACCOUNT_WIDE, WIDESPREAD

DATA = Path(__file__).parents[2] / "data"
TYPES = [
    row["type"]
    for row in csv.DictReader((DATA / "guardduty_finding_types.tsv").read_text().splitlines(), delimiter="\t")
]
EVERYTHING = [*finding_types().values(), *families().values(), *products().values()]
LINK = re.compile(r"[a-z0-9_-]+\.html(#[A-Za-z0-9-]+)?")
PAGES = {
    "AttackSequence": "guardduty-attack-sequence-finding-types.html",
    "EC2": "guardduty_finding-types-ec2.html",
    "IAMUser": "guardduty_finding-types-iam.html",
    "Kubernetes": "guardduty-finding-types-eks-audit-logs.html",
    "Lambda": "lambda-protection-finding-types.html",
    "RDS": "findings-rds-protection.html",
    "Runtime": "findings-runtime-monitoring.html",
    "S3": "guardduty_finding-types-s3.html",
}


def explained(kind):
    """The explanation of a finding with this type of GuardDuty's."""
    return explain(read(guardduty(kind=kind)))


@pytest.mark.parametrize("kind", TYPES)
def test_every_type_of_the_user_guide_is_explained_by_itself(kind):
    found = explained(kind)
    assert found.exact
    assert found.meaning
    assert found.benign
    assert found.first_steps
    assert found.documentation.startswith("https://docs.aws.amazon.com/guardduty/latest/ug/")


def test_no_two_types_have_the_same_meaning():
    said = Counter(each.meaning for each in EVERYTHING)
    assert [meaning for meaning, count in said.items() if count > 1] == []


def test_a_type_stands_once():
    listed = json.loads((DATA.parents[1] / "secguard/findings/telling/explanations/guardduty.json").read_text())
    assert len(listed) == len({each["type"] for each in listed}) == len(finding_types())


@pytest.mark.parametrize("each", EVERYTHING, ids=lambda each: getattr(each, "type", None) or each.meaning[:30])
def test_an_explanation_is_short_and_whole(each):
    for said in (each.meaning, each.benign, each.first_steps):
        assert 10 <= len(said) <= 330
        assert said[0].isupper() or said.startswith("secguard ")
        assert said.endswith((".", "?"))
        assert said == " ".join(said.split())
        assert said.isprintable()


@pytest.mark.parametrize("each", finding_types().values(), ids=lambda each: each.type)
def test_a_type_links_to_a_page_about_its_kind_of_resource(each):
    assert LINK.fullmatch(each.link)
    page, _, _ = each.link.partition("#")
    purpose, _, rest = each.type.partition(":")
    expected = PAGES.get(purpose) or PAGES.get(rest.partition("/")[0])
    assert page == expected or page.startswith(
        (
            "findings-malware-protection",
            "gdu-malware-protection",
            "findings-custom-detection-rules",
            "findings-ai-protection",
            "guardduty_finding-types-retired",
        )
    )


@pytest.mark.parametrize("each", finding_types().values(), ids=lambda each: each.type)
def test_a_types_tactics_are_those_of_mitre(each):
    assert each.mitre or each.type.startswith(("Policy", "Impact", "DefenseEvasion"))
    for known in each.mitre:
        assert known.tactic in TACTIC_IDS
        assert known.technique is None or re.match(r"T\d{4}(\.\d{3})? [A-Z]", known.technique)


def test_a_retired_type_says_so():
    gone = [each for each in finding_types().values() if "types-retired" in each.link]
    assert len(gone) > 15
    assert [each.type for each in gone if "no longer" not in each.meaning] == []


@pytest.mark.parametrize(
    ("kind", "meaning"),
    [
        ("Trojan:EC2/NeverHeardOf", "a malicious program seems to be at work, and it is about an EC2 instance."),
        ("Exfiltration:Quantum/Beam!X", "data seems to be carried off."),
    ],
)
def test_a_type_that_is_new_is_explained_by_its_parts_and_said_to_be(kind, meaning):
    found = explained(kind)
    assert not found.exact
    assert found.meaning == f"A type that this version does not know. By its name: {meaning}"
    assert found.documentation.endswith("/guardduty_finding-types-active.html")
    assert found.first_steps is None


def test_a_type_of_which_no_part_is_known_is_not_explained():
    assert explained("Foo:Bar/Baz") is None
    assert explain(read(guardduty(Types=["TTPs"]))) is None
    assert explain(read(guardduty(Types=None))) is None


def test_every_purpose_of_a_known_type_has_words():
    assert {kind.partition(":")[0] for kind in finding_types()} - parts().purposes.keys() == {"S3Object"}


@pytest.mark.parametrize(
    ("control", "service", "page"),
    [
        ("EC2.8", "EC2", "ec2-controls.html#ec2-8"),
        ("RedshiftServerless.3", "Redshift Serverless", "redshiftserverless-controls.html#redshiftserverless-3"),
        ("Opensearch.1", "OpenSearch", "opensearch-controls.html#opensearch-1"),
        ("PCI.EC2.2", "EC2", "ec2-controls.html"),
        ("PCI.CW.1", "CloudWatch", "cloudwatch-controls.html"),
        ("CIS.1.4", "IAM", "cis-aws-foundations-benchmark.html"),
        ("CIS.2.5", "AWS Config", "cis-aws-foundations-benchmark.html"),
        ("CIS.4.1", "EC2", "cis-aws-foundations-benchmark.html"),
    ],
)
def test_a_control_is_explained_by_its_service_with_the_link_to_its_own_place(control, service, page):
    found = explain(read(asff(Compliance={"Status": "FAILED", "SecurityControlId": control})))
    assert found.meaning.startswith(f"One of the controls for {service}. ")
    assert found.documentation == f"https://docs.aws.amazon.com/securityhub/latest/userguide/{page}"
    assert not found.exact


@pytest.mark.parametrize("control", ["Quantum.1", "CIS.9.9", "CIS.x", "../../etc.1", "PCI.Quantum.1", ""])
def test_a_control_that_nobody_knows_is_not_explained(control):
    assert explain(read(asff(Compliance={"Status": "FAILED", "SecurityControlId": control}, GeneratorId=None))) is None


def test_the_controls_of_the_sandbox_are_explained():
    for control in (*WIDESPREAD, *ACCOUNT_WIDE):
        assert explain(read(asff(Compliance={"SecurityControlId": control.id}))), control.id


def test_other_products_are_explained_as_a_whole():
    (finding,) = findings_in(ocsf(), position="here")
    assert explain(finding).documentation.startswith("https://docs.aws.amazon.com/inspector/")
    assert explain(read(asff(ProductName="Acme", Compliance=None, GeneratorId="x"))) is None


def test_an_exposure_is_explained_apart_from_the_findings_it_is_made_of():
    (finding,) = findings_in(MADE["an exposure"], position="here")
    assert explain(finding).meaning.startswith("Several findings about one resource together")
    assert dict(evidence(finding))["trait"] == "Reachability: Public"


def test_what_the_type_tells_of_mitre_fills_in_what_the_finding_does_not():
    finding = read(guardduty())
    assert finding.mitre == (Technique(tactic="Initial Access"),)
    assert techniques_of(finding, explain(finding)) == (
        Technique(tactic="Credential Access", technique="T1110 Brute Force"),
        Technique(tactic="Initial Access"),
    )
    assert techniques_of(finding, None) == finding.mitre
