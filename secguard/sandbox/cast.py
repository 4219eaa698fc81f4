"""Who plays in the sandbox: its accounts, and the operator whose key opens it. Pure: the command line reads it too."""

from __future__ import annotations

MANAGEMENT = "111111111111"
PRODUCTION = "123456789012"
STAGING = "222222222222"
RESEARCH = "333333333333"

ACCOUNT_NAMES = {
    MANAGEMENT: "management",
    PRODUCTION: "production",
    STAGING: "staging",
    RESEARCH: "research",
}
MEMBERS = (STAGING, RESEARCH)
"""The accounts whose findings production administers."""

EMPTY = "empty"
BREACH = "breach"
SEEDS = (BREACH, EMPTY)
"""What may be in a sandbox when it starts."""

HOME_REGION = "us-east-1"

OPERATOR = "operator"
OPERATOR_KEY = "AKIASECGUARDSANDBOX1"
OPERATOR_SECRET = "sandbox/only/this/opens/nothing/elsewhere"

RESPONDER_ROLE = "SecguardResponder"
