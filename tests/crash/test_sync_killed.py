"""A sync that is killed in the middle of a page leaves a whole cache, and the next one goes on."""

import os
import signal
import subprocess
import sys

import pytest

from secguard.findings.store import choice as store_choice
from secguard.findings.store import database as caches
from secguard.sandbox.cast import HOME_REGION, PRODUCTION
from secguard.sandbox.securityhub.backend import backend_of

ALL = ("--status", "all", "--archived", "-o", "json")
DYING = """
import itertools, os, signal, sys
from secguard.cli.frame import main
from secguard.findings.store import writing as store_writing

kept, count, deadly = store_writing._keep, itertools.count(), int(sys.argv[1])

def dying(*given):
    kept(*given)
    if next(count) == deadly:
        os.kill(os.getpid(), signal.SIGKILL)

store_writing._keep = dying
sys.exit(main(["sync"]))
"""


def as_known(records):
    """The findings in any order, without what time does to them."""
    timeless = ({key: value for key, value in each.items() if not key.startswith("priority")} for each in records)
    return {each["id"]: each for each in timeless}


@pytest.mark.parametrize("deadly", [0, 150, 330])
def test_a_killed_sync_loses_nothing_and_the_next_comes_to_the_end(secguard, breach, deadly):
    done = subprocess.run([sys.executable, "-c", DYING, str(deadly)], env=os.environ, capture_output=True, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr

    folder = caches.Path(os.environ["SECGUARD_STATE_DIR"])
    known = store_choice.chosen(folder, store_choice.Told.by(os.environ, profile=None))
    with caches.open_to_read(known.path) as store:
        (check,) = next(store.rows("PRAGMA integrity_check"))
        counted = [next(store.rows(f"SELECT count(*) FROM {table}"))[0] for table in ("finding", "record", "received")]
    assert check == "ok"
    assert len(set(counted)) == 1
    assert counted[0] <= deadly

    # What is missing is named, and never taken for nothing.
    partly = secguard("findings", "--cached", *ALL)
    assert partly.code == (3 if counted[0] else 1)
    assert "not in the cache: its reading was interrupted" in partly.stderr or not counted[0]
    assert secguard("sync").code == 0
    whole = secguard("findings", "--cached", *ALL)
    assert (whole.code, whole.json) == (0, secguard("findings", *ALL).json)


def test_a_killed_update_leaves_what_was_known(secguard, breach):
    said = secguard("sync")
    assert said.code == 0, said.stderr
    before = secguard("findings", "--cached", *ALL).json
    backend_of(PRODUCTION, HOME_REGION).findings.clear()
    done = subprocess.run([sys.executable, "-c", DYING, "40"], env=os.environ, capture_output=True, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr
    after = secguard("findings", "--cached", *ALL)
    assert after.code == 0
    assert as_known(after.json) == as_known(before)
