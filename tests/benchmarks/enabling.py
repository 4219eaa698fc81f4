"""How long `secguard enable --all-regions` takes where every Region is as far away as it is.

Runs it, from a fresh process and with nothing on, against a local AWS that keeps real distances, and compares the time
between the first request and the last answer with the latency floor: what the same chain of calls takes when nothing
but distance takes time.

    python tests/benchmarks/enabling.py SERVER.py [--regions 17] [--connect-rtts 2] [--runs 5]

SERVER.py (or $SECGUARD_BENCH_SERVER) takes --port, --regions, --enabled, --distance, --connect-rtts and --log, answers
POST /__reset and /__ready, and logs one JSON object per request with t (arrival), dur_ms, region, service and op.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from local_aws import ask, serving


@dataclass(frozen=True, slots=True)
class Request:
    """One request as the server saw it."""

    begun: float
    ended: float
    region: str
    service: str
    operation: str


@dataclass(frozen=True, slots=True)
class Run:
    """One `enable`."""

    process: float
    """Seconds from start to end of the process."""
    calls: float
    """Seconds from the first request to the last answer."""
    floor: float
    """Seconds of the longest chain in which each request waited for the one before."""
    chain: int
    requests: int


def main(arguments: Sequence[str]) -> None:
    """Measure, and print medians and ratios."""
    options = _options(arguments)
    with tempfile.TemporaryDirectory() as folder, _server(options, Path(folder)) as (endpoint, log):
        runs = [_run(endpoint, log, Path(folder) / f"state-{number}") for number in range(options.runs)]
    for run in runs:
        _say(
            f"process {run.process:.2f} s, calls {run.calls:.2f} s, floor {run.floor:.2f} s, "
            f"{run.chain} in a chain, {run.requests} requests"
        )
    calls = statistics.median(run.calls for run in runs)
    ratio = statistics.median(run.calls / run.floor for run in runs)
    process = statistics.median(run.process for run in runs)
    _say(f"median of {len(runs)}: process {process:.2f} s, calls {calls:.2f} s, {ratio:.2f} times the floor")


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("server", nargs="?", default=os.environ.get("SECGUARD_BENCH_SERVER"))
    parser.add_argument("--regions", default="17")
    parser.add_argument("--connect-rtts", default="2")
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args(arguments)
    if not options.server:
        parser.error("name the server, or set SECGUARD_BENCH_SERVER")
    return options


@contextmanager
def _server(options: argparse.Namespace, folder: Path) -> Iterator[tuple[str, Path]]:
    log = folder / "requests.jsonl"
    words = ["--regions", options.regions, "--enabled", "none", "--distance", "1"]
    words += ["--connect-rtts", options.connect_rtts, "--log", str(log)]
    with serving(options.server, words) as endpoint:
        yield endpoint, log


def _run(endpoint: str, log: Path, state: Path) -> Run:
    ask(f"{endpoint}/__reset", method="POST")
    before = log.read_text().count("\n") if log.exists() else 0
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "SECGUARD_"))},
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
        "AWS_SECRET_ACCESS_KEY": "made/up",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "SECGUARD_STATE_DIR": str(state),
    }
    command = [sys.executable, "-m", "secguard", "enable", "--all-regions", "--quiet", "--output", "json"]
    started = time.perf_counter()
    done = subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE)
    process = time.perf_counter() - started
    assert json.loads(done.stdout)["outcome"] == "done"
    ask(f"{endpoint}/__stats")  # writes the log out
    return _measured(process, [_request(line) for line in log.read_text().splitlines()[before:]])


def _request(line: str) -> Request:
    entry = json.loads(line)
    return Request(entry["t"], entry["t"] + entry["dur_ms"] / 1000, entry["region"], entry["service"], entry["op"])


def _measured(process: float, requests: Sequence[Request]) -> Run:
    calls = max(request.ended for request in requests) - min(request.begun for request in requests)
    places = {request.region for request in requests}
    first = [request for request in requests if request.service in ("sts", "account")]
    chains = [_longest_chain([r for r in requests if r.region == place and r not in first]) for place in places]
    longest, length = max(chains)
    before = sum(request.ended - request.begun for request in first)
    return Run(process, calls, before + longest, length + len(first), len(requests))


def _longest_chain(requests: Sequence[Request]) -> tuple[float, int]:
    """The seconds, and the number, of requests of which each began after the one before had ended."""
    best: list[tuple[float, float, int]] = []
    for request in sorted(requests, key=lambda each: each.begun):
        earlier = [(seconds, count) for ended, seconds, count in best if ended <= request.begun]
        seconds, count = max(earlier, default=(0.0, 0))
        best.append((request.ended, seconds + request.ended - request.begun, count + 1))
    return max((seconds, count) for _, seconds, count in best)


if __name__ == "__main__":
    main(sys.argv[1:])
