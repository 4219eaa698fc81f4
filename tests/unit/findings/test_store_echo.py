"""What is set on a finding reads in the cache as it will read in AWS."""

from asff_made import asff
from hypothesis import given
from hypothesis import strategies as st

from secguard.findings.forms.asff import read_asff
from secguard.findings.store.echo import with_fields
from secguard.model import Severity, Workflow
from secguard.settings.triage import OWN_FIELD, fields_of

VALUES = {
    "Workflow": st.sampled_from([each.value for each in Workflow]),
    "Note": st.none() | st.builds(lambda text: {"Text": text, "UpdatedBy": "me"}, st.text(min_size=1)),
    "VerificationState": st.sampled_from(["TRUE_POSITIVE", "FALSE_POSITIVE", "BENIGN_POSITIVE", "UNKNOWN"]),
    "Severity": st.sampled_from([each.name for each in Severity]) | st.sampled_from([2, 39, 55, 71, 99]),
    "Criticality": st.none() | st.integers(0, 100),
    "Confidence": st.none() | st.integers(0, 100),
    f"{OWN_FIELD}ticket": st.none() | st.text(min_size=1),
}
SET = st.fixed_dictionaries({}, optional=VALUES)
BEFORE = st.sampled_from([asff(), asff(Workflow=None, Severity=None), asff(UserDefinedFields={"team": "web"}, Note={})])


@given(BEFORE, SET)
def test_every_field_reads_back_as_it_was_set(before, fields):
    after = with_fields(before, fields)
    assert fields_of(after, fields) == fields
    others = [name for name in before if name not in {name.partition("/")[0] for name in fields}]
    assert {name: after[name] for name in others} == {name: before[name] for name in others}


def test_the_finding_has_the_status_and_the_severity_that_were_set():
    read = read_asff(with_fields(asff(), {"Workflow": "SUPPRESSED", "Severity": "LOW"}), position="")
    assert (read.workflow_status, read.severity, read.severity_score) == (Workflow.SUPPRESSED, Severity.LOW, 1)
    read = read_asff(with_fields(asff(), {"Severity": 55}), position="")
    assert (read.severity, read.severity_score) == (Severity.MEDIUM, 55)


def test_a_field_of_ones_own_stands_beside_the_others():
    before = asff(UserDefinedFields={"team": "web"})
    assert with_fields(before, {f"{OWN_FIELD}ticket": "T-1"})["UserDefinedFields"] == {"team": "web", "ticket": "T-1"}
    assert before["UserDefinedFields"] == {"team": "web"}
