"""The breach: an organization, what is switched on where, the stories, and the noise around them."""

from __future__ import annotations

from moto.moto_api._internal import mock_random

from secguard.sandbox import clock, guardduty, securityhub
from secguard.sandbox.cast import HOME_REGION, PRODUCTION
from secguard.sandbox.guardduty.backend import backend_of
from secguard.sandbox.guardduty.samples import create_sample_findings
from secguard.sandbox.seed import (
    accounts,
    buckets,
    bystanders,
    coverage,
    deploy_bot,
    detections,
    findings_of_others,
    miner,
    snapshots,
    staging,
    web_server,
)
from secguard.sandbox.seed.scene import Scene

STORIES = (web_server, deploy_bot, buckets, snapshots, miner, staging, bystanders, detections, findings_of_others)

SAMPLES = [
    "Backdoor:EC2/DenialOfService.Tcp",
    "Behavior:EC2/NetworkPortUnusual",
    "CryptoCurrency:EC2/BitcoinTool.B",
    "Discovery:S3/TorIPCaller",
    "Impact:EC2/SuspiciousDomainRequest.Reputation",
    "Recon:EC2/Portscan",
    "Stealth:IAMUser/CloudTrailLoggingDisabled",
    "Trojan:EC2/DNSDataExfiltration",
    "UnauthorizedAccess:EC2/TorClient",
    "UnauthorizedAccess:IAMUser/ConsoleLoginSuccess.B",
]


def play() -> None:
    """Play it all. Ids are the same each time, times are relative to now."""
    mock_random.seed("secguard")
    scene = Scene(clock.now().replace(microsecond=0))
    accounts.found_organization()
    coverage.switch_on(scene)
    for story in STORIES:
        story.tell(scene)
    _publish(scene)
    _try_out_samples()


def _publish(scene: Scene) -> None:
    for (account, region), findings in scene.guardduty.items():
        guardduty.put_findings(account, region, findings)
    for (account, region), findings in scene.hub.items():
        securityhub.put_findings(account, region, findings)


def _try_out_samples() -> None:
    """Somebody has tried CreateSampleFindings and never archived what came of it."""
    here = backend_of(PRODUCTION, HOME_REGION)
    assert here.detector
    create_sample_findings(here, {"DetectorId": here.detector.id, "findingTypes": SAMPLES})
