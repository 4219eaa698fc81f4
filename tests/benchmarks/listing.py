"""How much it costs, and how long it takes, to list very many findings; against the `aws` CLI in the same run.

Runs both in turn, each in a fresh process, against a local AWS that holds as many findings as wanted, and prints
medians and ratios.

    python tests/benchmarks/listing.py cpu SERVER.py        # all findings, no latency, no throttle: CPU and memory
    python tests/benchmarks/listing.py quota SERVER.py      # all findings, real distances and quotas: time over floor
    python tests/benchmarks/listing.py first SERVER.py      # the first table of a smaller hub: time

[--findings N] [--runs 3] [--aggregator REGION] [--aws PATH]

SERVER.py (or $SECGUARD_BENCH_SERVER) takes --port, --findings, --throttle, --distance, --connect-rtts and --aggregator,
and answers POST /__reset and GET /__stats with throttled_total and findings_by_region.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local_aws import ask, serving

PAGE, RATE, BURST = 100, 3.0, 6
"""GetFindings: findings a page, and Security Hub's documented quota."""
LIKE_AWS = ["--distance", "1", "--connect-rtts", "2"]
ALL = ["findings", "--status", "all", "--archived", "-o", "jsonl"]
FIRST = ["findings", "--severity", "high", "--limit", "100"]
FIRST_PAGE = {
    "SeverityLabel": [{"Value": label, "Comparison": "EQUALS"} for label in ("CRITICAL", "HIGH")],
    "RecordState": [{"Value": "ACTIVE", "Comparison": "EQUALS"}],
    "WorkflowStatus": [{"Value": status, "Comparison": "EQUALS"} for status in ("NEW", "NOTIFIED")],
}


@dataclass(frozen=True, slots=True)
class Run:
    """One process."""

    wall: float
    cpu: float
    megabytes: float
    """At its peak."""
    lines: int


def main(arguments: Sequence[str]) -> None:
    """Measure, and print medians and ratios."""
    options = _options(arguments)
    with tempfile.TemporaryDirectory() as folder, _server(options) as endpoint:
        match options.what:
            case "cpu":
                _compare(options, endpoint, Path(folder), ours=ALL, theirs=["get-findings"])
            case "quota":
                _against_the_floor(options, endpoint, Path(folder))
            case "first":
                page = ["get-findings", "--filters", json.dumps(FIRST_PAGE), "--max-items", "100"]
                _compare(options, endpoint, Path(folder), ours=FIRST, theirs=page)


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["cpu", "quota", "first"])
    parser.add_argument("server", nargs="?", default=os.environ.get("SECGUARD_BENCH_SERVER"))
    parser.add_argument("--findings", type=int)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--aggregator", help="the home Region; us-east-1 but for quota, which has none unless named")
    parser.add_argument("--aws", default=shutil.which("aws"))
    options = parser.parse_args(arguments)
    if not options.server:
        parser.error("name the server, or set SECGUARD_BENCH_SERVER")
    if options.what != "quota" and not options.aws:
        parser.error("there is no aws CLI to compare with: name it with --aws")
    options.findings = options.findings or (10_000 if options.what == "first" else 100_000)
    return options


@contextmanager
def _server(options: argparse.Namespace) -> Iterator[str]:
    physics = LIKE_AWS if options.what == "quota" else ["--throttle", "off"]
    home = options.aggregator or ("" if options.what == "quota" else "us-east-1")
    with serving(options.server, ["--findings", str(options.findings), *physics, "--aggregator", home]) as endpoint:
        yield endpoint


def _stats(endpoint: str) -> dict[str, Any]:
    stats: dict[str, Any] = json.loads(ask(f"{endpoint}/__stats"))
    return stats


def _compare(
    options: argparse.Namespace, endpoint: str, folder: Path, *, ours: Sequence[str], theirs: Sequence[str]
) -> None:
    pairs = [
        (
            _run([sys.executable, "-m", "secguard", *ours], endpoint, folder / f"state-{number}"),
            _run([options.aws, "securityhub", *theirs, "--output", "json"], endpoint, folder / "state-aws"),
        )
        for number in range(options.runs)
    ]
    for name, runs in (("secguard", [own for own, _ in pairs]), ("aws", [other for _, other in pairs])):
        _say(f"{name}: {_medians(runs)}, {runs[0].lines} lines")
    _say(
        f"medians of {options.runs} ratios, secguard to aws: "
        f"wall {statistics.median(own.wall / other.wall for own, other in pairs):.2f}, "
        f"CPU {statistics.median(own.cpu / other.cpu for own, other in pairs):.3f} "
        f"(1/{statistics.median(other.cpu / own.cpu for own, other in pairs):.1f})"
    )


def _against_the_floor(options: argparse.Namespace, endpoint: str, folder: Path) -> None:
    most = max(_stats(endpoint)["findings_by_region"].values())
    floor = (-(-most // PAGE) - BURST) / RATE
    runs, throttled = [], 0
    for number in range(options.runs):
        ask(f"{endpoint}/__reset", method="POST")
        runs.append(_run([sys.executable, "-m", "secguard", *ALL], endpoint, folder / f"state-{number}"))
        throttled += _stats(endpoint)["throttled_total"]
    _say(f"secguard: {_medians(runs)}, {runs[0].lines} lines")
    ratio = statistics.median(run.wall / floor for run in runs)
    _say(f"{ratio:.2f} times the quota floor of {floor:.1f} s; {throttled} refused for pace")


def _medians(runs: Sequence[Run]) -> str:
    wall, cpu, megabytes = (
        statistics.median(getattr(run, name) for run in runs) for name in ("wall", "cpu", "megabytes")
    )
    return f"wall {wall:.2f} s, CPU {cpu:.2f} s, peak {megabytes:.0f} MB"


def _run(command: Sequence[str], endpoint: str, state: Path) -> Run:
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "SECGUARD_", "PYTHON"))},
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
        "AWS_SECRET_ACCESS_KEY": "made/up",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "SECGUARD_STATE_DIR": str(state),
    }
    with tempfile.TemporaryFile() as out:
        started = time.perf_counter()
        process = subprocess.Popen(command, env=environment, stdout=out, stderr=subprocess.DEVNULL)
        _, status, used = os.wait4(process.pid, 0)
        wall = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise SystemExit(f"{' '.join(command)} ended with {process.returncode}")
        out.seek(0)
        return Run(wall, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, sum(1 for _ in out))


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")


if __name__ == "__main__":
    main(sys.argv[1:])
