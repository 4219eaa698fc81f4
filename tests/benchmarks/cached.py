"""How long `secguard findings --cached` takes over very many findings: the whole process, from start to end.

Fills a cache with varied findings, of several products, accounts and Regions, then runs each query in a fresh process
and prints medians. Nothing is asked of AWS.

    python tests/benchmarks/cached.py [--findings 100000] [--runs 5] [--keep FOLDER]
"""

from __future__ import annotations

import argparse
import os
import random
import shlex
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec

from secguard.engine.origin import Origin
from secguard.findings.forms.asff import read_asff
from secguard.findings.store.database import open_to_write, path_of
from secguard.findings.store.writing import Held, begin_round, came_to_its_end, keep, note_the_day, settle
from secguard.model import Finding, Source, timestamp

QUERIES = (
    "findings --cached --severity high --limit 100",
    "findings --cached --group-by resource",
    "findings --cached --status all --group-by severity",
    "findings --cached -o json --limit 50",
    "findings --cached --product guardduty --type 'UnauthorizedAccess:*' --limit 50",
    "findings --cached --title public --group-by account -o json",
    "findings --cached --ip 198.51.100.0/24 -o json --limit 50",
    "findings --cached --severity-only medium",
    "sync --history",
    "--help",
)
REGIONS = ("us-east-1", "us-west-2", "eu-west-1", "eu-central-1", "ap-southeast-2", "sa-east-1")
ACCOUNTS = tuple(f"{n:012d}" for n in range(111111111111, 111111111111 + 40))
CALLER = "arn:aws:iam::111111111111:user/operator"
SHARES = {"CRITICAL": 1, "HIGH": 9, "MEDIUM": 40, "LOW": 30, "INFORMATIONAL": 20}
"""Of a hundred findings: as lists of real accounts have them."""
TYPES = (
    "UnauthorizedAccess:EC2/SSHBruteForce", "UnauthorizedAccess:IAMUser/ConsoleLoginSuccess.B", "Recon:EC2/Portscan",
    "Trojan:EC2/DNSDataExfiltration", "CryptoCurrency:EC2/BitcoinTool.B", "Discovery:S3/MaliciousIPCaller",
)  # fmt: skip


def main(arguments: Sequence[str]) -> None:
    """Fill, measure, and print medians."""
    options = _options(arguments)
    with tempfile.TemporaryDirectory() as scratch:
        state = Path(options.keep or scratch)
        origin = Origin(partition="aws", caller=CALLER, endpoint=None)
        if not path_of(state, origin).exists():
            started = time.perf_counter()
            _fill(state, origin, options.findings)
            _say(f"filled with {options.findings} findings in {time.perf_counter() - started:.1f} s")
        _say(f"{path_of(state, origin).stat().st_size / 1e6:.0f} MB; {options.runs} runs each, median and worst:")
        for query in QUERIES:
            took = [_run(query, state) for _ in range(options.runs)]
            _say(f"{statistics.median(took):6.3f} s {max(took):6.3f} s  secguard {query}")


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--findings", type=int, default=100_000)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--keep", help="a folder in which the cache stays for the next time")
    return parser.parse_args(arguments)


def _fill(state: Path, origin: Origin, count: int) -> None:
    now = datetime.now(UTC)
    with open_to_write(path_of(state, origin), origin) as store:
        number = begin_round(store)
        findings = _findings(count, now)
        while page := list(islice(findings, 1000)):
            keep(store, page, Held(region=page[0].region, source=Source.SECURITY_HUB, round=number))
        for region in REGIONS:
            came_to_its_end(store, region, Source.SECURITY_HUB, at=now, full=True)
        for day in range(60, -1, -1):
            note_the_day(store, now=now - timedelta(days=day), complete=True)
        settle(store)


def _findings(count: int, now: datetime) -> Iterator[Finding]:
    draw = random.Random(7)
    for number in range(count):
        item = _item(number, draw, now)
        # As Security Hub sends it: what was said stays the text that came.
        read = read_asff(item, position="", received=msgspec.Raw(msgspec.json.encode(item)))
        assert isinstance(read, Finding)
        yield read


def _item(number: int, draw: random.Random, now: datetime) -> dict[str, Any]:
    region, account = draw.choice(REGIONS), draw.choice(ACCOUNTS)
    level = draw.choices(list(SHARES), weights=list(SHARES.values()))[0]
    updated = timestamp(now - timedelta(hours=draw.expovariate(1 / 300)))
    made = draw.choices((_detection, _control, _vulnerability), weights=(1, 5, 4))[0](number, region, account, draw)
    return {
        "SchemaVersion": "2018-10-08",
        "AwsAccountId": account,
        "Region": region,
        "CreatedAt": "2026-09-01T00:00:00Z",
        "UpdatedAt": updated,
        "FirstObservedAt": "2026-09-01T00:00:00Z",
        "LastObservedAt": updated,
        "Severity": {"Label": level},
        "Description": "What it means, in a sentence or two, as every product has it, and how it came to be known. "
        * 3,
        "Workflow": {"Status": draw.choices(("NEW", "NOTIFIED", "RESOLVED", "SUPPRESSED"), weights=(60, 5, 25, 10))[0]},
        "RecordState": draw.choices(("ACTIVE", "ARCHIVED"), weights=(85, 15))[0],
        "Remediation": {"Recommendation": {"Text": "Do what the page says.", "Url": "https://example.com/fix"}},
        **made,
    }


def _detection(number: int, region: str, account: str, draw: random.Random) -> dict[str, Any]:
    kind = draw.choice(TYPES)
    address = f"198.51.{draw.randrange(90, 110)}.{draw.randrange(256)}"
    base = "aws/guardduty/service/action/networkConnectionAction/remoteIpDetails"
    return {
        "Id": f"arn:aws:guardduty:{region}:{account}:detector/{0:032x}/finding/{number:032x}",
        "ProductArn": f"arn:aws:securityhub:{region}::product/aws/guardduty",
        "ProductName": "GuardDuty",
        "GeneratorId": f"arn:aws:guardduty:{region}:{account}:detector/{0:032x}",
        "Types": [f"TTPs/Initial Access/{kind.replace('/', '-')}"],
        "Title": f"{kind} was seen on an instance",
        "ProductFields": {
            f"{base}/ipAddressV4": address,
            f"{base}/country/countryName": draw.choice(("Netherlands", "Brazil", "Vietnam")),
            "aws/guardduty/service/count": str(draw.randrange(1, 500)),
        },
        "Resources": [_instance(region, account, draw)],
    }


def _control(number: int, region: str, account: str, draw: random.Random) -> dict[str, Any]:
    control = draw.choice(("S3.2", "S3.8", "EC2.19", "EC2.8", "IAM.6", "RDS.2", "KMS.4", "CloudTrail.2", "Lambda.1"))
    return {
        "Id": f"arn:aws:securityhub:{region}:{account}:security-control/{control}/finding/{number:036x}",
        "ProductArn": f"arn:aws:securityhub:{region}::product/aws/securityhub",
        "ProductName": "Security Hub",
        "GeneratorId": f"security-control/{control}",
        "Types": ["Software and Configuration Checks/Industry and Regulatory Standards"],
        "Title": f"What {control} checks should not be public",
        "Compliance": {
            "Status": draw.choice(("FAILED", "FAILED", "PASSED", "WARNING")),
            "SecurityControlId": control,
            "AssociatedStandards": [{"StandardsId": "standards/aws-foundational-security-best-practices/v/1.0.0"}],
        },
        "Resources": [
            {"Type": "AwsS3Bucket", "Id": f"arn:aws:s3:::bucket-{draw.randrange(8000)}", "Region": region},
        ],
    }


def _vulnerability(number: int, region: str, account: str, draw: random.Random) -> dict[str, Any]:
    cve = f"CVE-2026-{draw.randrange(9999):04d}"
    return {
        "Id": f"arn:aws:inspector2:{region}:{account}:finding/{number:032x}",
        "ProductArn": f"arn:aws:securityhub:{region}::product/aws/inspector",
        "ProductName": "Inspector",
        "GeneratorId": "AWSInspector",
        "Types": ["Software and Configuration Checks/Vulnerabilities/CVE"],
        "Title": f"{cve} - {draw.choice(('openssl', 'curl', 'glibc', 'log4j'))}",
        "Vulnerabilities": [{"Id": cve, "ExploitAvailable": draw.choice(("YES", "NO")), "FixAvailable": "YES"}],
        "Resources": [_instance(region, account, draw) for _ in range(draw.choice((1, 1, 2)))],
    }


def _instance(region: str, account: str, draw: random.Random) -> dict[str, Any]:
    name = f"i-{draw.randrange(12000):017x}"
    return {
        "Type": "AwsEc2Instance",
        "Id": f"arn:aws:ec2:{region}:{account}:instance/{name}",
        "Region": region,
        "Tags": {"Name": f"web-{name[-4:]}", "env": draw.choice(("prod", "test"))},
    }


def _run(query: str, state: Path) -> float:
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "SECGUARD_", "PYTHON"))},
        "SECGUARD_STATE_DIR": str(state),
        "COLUMNS": "200",
    }
    started = time.perf_counter()
    command = [sys.executable, "-m", "secguard", *shlex.split(query)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    took = time.perf_counter() - started
    if done.returncode or not done.stdout:
        raise SystemExit(f"{query} ended with {done.returncode}: {done.stderr}")
    return took


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")


if __name__ == "__main__":
    main(sys.argv[1:])
