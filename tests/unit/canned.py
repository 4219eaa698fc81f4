"""A reader that answers from a table, with the errors that AWS would give."""

from collections.abc import Mapping

import msgspec

from secguard.errors import NotThere
from secguard.model import Place

HERE = Place("123456789012", "eu-west-1")


class Canned:
    """Answers by `service:Operation`; an exception is raised, a function is asked with the parameters."""

    partition = "aws"

    def __init__(self, answers, *, place=HERE):
        self.place = place
        self.asked = []
        self._answers = answers

    def ask(self, service, operation, /, **parameters):
        self.asked.append((f"{service}:{operation}", parameters))
        answer = self._answers[f"{service}:{operation}"]
        answer = answer(parameters) if callable(answer) else answer
        if isinstance(answer, Exception):
            raise answer
        return answer

    def texts(self, service, operation, key, /, **parameters):
        return (msgspec.Raw(msgspec.json.encode(item)) for item in self.items(service, operation, key, **parameters))

    def items(self, service, operation, key, /, **parameters):
        answer = self.ask(service, operation, **parameters)
        yield from answer[key] if isinstance(answer, Mapping) else answer


def missing(code):
    """AWS's word for: there is none."""
    return NotThere(code, code=code)


def after(setting, address, found, wanted, context=None):
    """The parameters of the one call that moves a setting."""
    (call,) = setting.calls(address, found, wanted, context)
    return call.operation, call.parameters
