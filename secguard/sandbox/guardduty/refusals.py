"""How GuardDuty says no: nearly always a BadRequestException; what went wrong is in its text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from secguard.sandbox.operations import ApiError

if TYPE_CHECKING:
    from secguard.sandbox.limits import Violation

INVALID_VALUE = "The request is rejected because an invalid or out-of-range value is specified as an input parameter."
NOT_OWNED = "The request is rejected because the input detectorId is not owned by the current account."
DETECTOR_EXISTS = "The request is rejected because a detector already exists for the current account."
SUSPENDED = "The request failed because you cannot enable a data source while the detector is disabled."
NO_SUCH_RESOURCE = "The request is rejected since no such resource found."
HAS_MEMBERS = (
    "The request is rejected because the account cannot delete the detector while it has invited or associated members."
)
OTHER_ADMINISTRATOR = (
    "The request failed because another account is already enabled as GuardDuty delegated administrator "
    "for the organization."
)
RANK_OUT_OF_BOUNDS = "The request is rejected because the parameter rank is out-of-bounds."
NOT_IN_ORGANIZATION = "The request failed because admin account passed is not member of AWS Organizations."

# The wording of these is not recorded anywhere; the code is.
NOT_ADMINISTRATOR = (
    "The request is rejected because the current account is a member account and cannot perform this operation."
)
NOT_MANAGEMENT = "The request failed because the caller is not the management account of the organization."
NOT_DELEGATED = "The request is rejected because the caller is not registered as a delegated administrator."
FILTER_EXISTS = "The request is rejected because the input name is already used by another filter."


def bad_request(message: str) -> ApiError:
    """The one error that GuardDuty answers for almost everything."""
    return ApiError("BadRequestException", message)


def invalid(violation: Violation) -> ApiError:
    """A parameter outside of what the model allows. GuardDuty does not say which."""
    del violation
    return bad_request(INVALID_VALUE)
