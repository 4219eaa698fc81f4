"""BatchImportFindings: a provider sends findings; each is taken or refused by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from moto.core.utils import get_service_model

from secguard.sandbox.limits import Violation, first_violation
from secguard.sandbox.operations import Answer, Ask
from secguard.sandbox.securityhub.findings import take_in
from secguard.sandbox.securityhub.history import caller_arn
from secguard.sandbox.securityhub.products import takes_from
from secguard.sandbox.securityhub.refusals import denied, refuse_size

if TYPE_CHECKING:
    from secguard.sandbox.securityhub.backend import Finding, SecurityHubBackend

# The model: 1 to 100 findings a batch; its documentation: 240 KB each.
MAX_FINDINGS = 100
WRONG_FORMAT = "Finding does not adhere to Amazon Finding Format."


def batch_import_findings(here: SecurityHubBackend, ask: Ask) -> Answer:
    """BatchImportFindings. Refuses a batch from a product that the account does not take findings from."""
    here.subscribed()
    findings = ask.get("Findings", [])
    refuse_size("Findings", len(findings), most=MAX_FINDINGS)
    _refuse_strangers(here, findings)
    failed = []
    for finding in findings:
        problem = _problem(here, finding)
        if problem:
            failed.append({"Id": finding.get("Id", ""), "ErrorCode": "InvalidInput", "ErrorMessage": problem})
        else:
            take_in(here, finding, identity=caller_arn(here))
    return {"FailedCount": len(failed), "SuccessCount": len(findings) - len(failed), "FailedFindings": failed}


def _refuse_strangers(here: SecurityHubBackend, findings: list[Finding]) -> None:
    for arn in {str(finding.get("ProductArn", "")) for finding in findings}:
        if arn.endswith("/default"):
            allowed = arn == here.arn(f"product/{here.account_id}/default")
        else:
            allowed = takes_from(here, arn)
        if not allowed:
            who = caller_arn(here)
            what = "securityhub:BatchImportFindings"
            raise denied(f"User: {who} is not authorized to perform: {what} on resource: {arn}")


def _problem(here: SecurityHubBackend, finding: Finding) -> str | None:
    shape = get_service_model("securityhub").shape_for("AwsSecurityFinding")
    violation = first_violation(shape, finding)
    if violation:
        return f"{WRONG_FORMAT} {_schema_words(violation)}"
    if "Severity" not in finding and "Severity" not in finding.get("FindingProviderFields", {}):
        words = "data should have required property 'FindingProviderFields', data should match some schema in anyOf."
        return f"{WRONG_FORMAT} {words}"
    if not finding["Resources"]:
        return f"{WRONG_FORMAT} data.Resources should NOT have fewer than 1 items."
    if finding["AwsAccountId"] != here.account_id:
        return f"The account {finding['AwsAccountId']} of the finding is not the caller's account {here.account_id}."
    return None


def _schema_words(violation: Violation) -> str:
    """Say it as a JSON schema validator does: "data should have required property 'Description'."."""
    above, _, last = violation.path.rpartition(".")
    if violation.problem == "is required":
        return f"data{'.' if above else ''}{above} should have required property '{last}'."
    return f"data.{violation.path} {violation.problem}"


OPERATIONS = {"BatchImportFindings": batch_import_findings}
