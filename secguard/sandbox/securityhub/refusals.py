"""How Security Hub says no."""

from __future__ import annotations

from typing import TYPE_CHECKING

from secguard.sandbox.operations import ApiError

if TYPE_CHECKING:
    from secguard.sandbox.limits import Violation


def invalid_input(message: str) -> ApiError:
    """The request makes no sense to the service."""
    return ApiError("InvalidInputException", message)


def conflict(message: str) -> ApiError:
    """It exists, or is on, already."""
    return ApiError("ResourceConflictException", message)


def not_found(message: str) -> ApiError:
    """There is no such thing."""
    return ApiError("ResourceNotFoundException", message)


def denied(message: str) -> ApiError:
    """The caller may not do this."""
    return ApiError("AccessDeniedException", message)


def too_many(message: str) -> ApiError:
    """A quota is used up."""
    return ApiError("LimitExceededException", message)


def refuse_size(parameter: str, size: int, *, most: int) -> None:
    """Refuse a list that is empty or too long, in the words recorded from the service."""
    if not 1 <= size <= most:
        bound = f"greater than maximum value: {most}" if size else "less than minimum value: 1"
        raise invalid_input(f"Invalid parameter '{parameter}'. Size '{size}' is {bound}.")


def invalid(violation: Violation) -> ApiError:
    """A parameter outside of what the model allows, worded as the service words it."""
    return invalid_input(f"Invalid parameter '{violation.parameter}'. {violation.problem}")
