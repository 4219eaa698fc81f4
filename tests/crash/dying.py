"""A secguard command line that dies, as by kill -9, beside the call with a given number that writes to AWS.

`before`: the intent is on disk and the call is not sent. `after`: AWS has done it, and nobody has been told.
"""

import itertools
import os
import signal
import sys

import boto3  # noqa: F401 - loaded once, in the process that the dying ones are forked from
import rich  # noqa: F401

import secguard.playbooks.planner
import secguard.settings  # noqa: F401
from secguard.aws.connection import Connection
from secguard.cli.frame import main


def run_and_die(environment, log, moment, number, words):
    """Take the place of a fresh process: its environment, its output, its end."""
    os.environ.clear()
    os.environ.update(environment)
    with log.open("w") as output:
        os.dup2(output.fileno(), 1)
        os.dup2(output.fileno(), 2)
        _die_beside(moment, number)
        sys.exit(main(list(words)))


def _die_beside(moment, number):
    count = itertools.count()
    send = Connection.send

    def dying_send(self, place, call):
        mine = next(count) == number
        if mine and moment == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        answer = send(self, place, call)
        if mine:
            os.kill(os.getpid(), signal.SIGKILL)
        return answer

    Connection.send = dying_send
