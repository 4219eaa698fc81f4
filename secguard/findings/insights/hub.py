"""Security Hub's insights: an operator's own and AWS's managed ones, and what each counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol, TypeVar

from secguard.engine.seam import Reader
from secguard.errors import AmbiguousId, NotThere, SecguardError, UsageError
from secguard.findings.feeds.places import SERVICE, Identity, Places
from secguard.findings.forms.arn import parse_arn
from secguard.model import SHORT_ID_DIGITS, Place, Unreached

READS = ("securityhub:GetInsights", "securityhub:GetInsightResults")

MOST_ROWS = 100
"""GetInsightResults tells of at most so many values."""
_PAGE = 100
# "It does not return any managed insights", says the model of GetInsights when it is asked for all: these have to be
# asked for by ARN. Their numbers are in the user guide, "Managed insights in Security Hub CSPM".
_MANAGED = (1, 3, *range(6, 15), *range(16, 20), *range(21, 41))
_OFF = "InvalidAccessException"

T = TypeVar("T")
R = TypeVar("R")


class Reach(Protocol):
    """What reading insights needs of AWS; `aws.connection` provides it."""

    @property
    def caller(self) -> Identity:
        """Who asks."""

    def look(self, place: Place, /) -> Reader:
        """A fresh look at a place."""

    def fan_out(
        self, items: Iterable[T], task: Callable[[T], R], *, services: Sequence[str] = ()
    ) -> Iterator[tuple[T, R | Unreached]]:
        """Run a task for every place, or thing with a `place`, at once; results as they come."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Insight:
    """One insight of Security Hub's, in one Region."""

    arn: str
    name: str
    group_by: str
    """An attribute, as `AwsSecurityFindingFilters` names them."""
    filters: Mapping[str, Any]
    place: Place
    """Where it was read; a managed one is the same everywhere, and counts what is there."""

    @property
    def managed(self) -> bool:
        """Whether it is AWS's own, which nobody can change."""
        return is_managed(self.arn)

    @property
    def short_id(self) -> str:
        """`default/29` of a managed one, the first digits of any other's: the end of the ARN."""
        kind, _, own = self.arn.rpartition("/")
        return f"{kind.rpartition('/')[2]}/{own}" if self.managed else own[:SHORT_ID_DIGITS]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """The insights there are, and where could not be looked."""

    insights: tuple[Insight, ...] = ()
    unreached: tuple[Unreached, ...] = ()
    answered: tuple[Place, ...] = ()
    """Where Security Hub is on and answered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Results:
    """What an insight counts: its values with how many findings have them, most first."""

    insight: Insight
    values: tuple[tuple[str, int], ...] = ()
    full: bool = False
    """Whether there may be more values than Security Hub tells of."""
    unreached: tuple[Unreached, ...] = ()


def is_managed(arn: str) -> bool:
    """Whether an ARN is that of one of AWS's managed insights."""
    return ":insight/securityhub/" in arn


def custom(places: Places, *, aws: Reach, named: bool) -> Shelf:
    """The operator's own insights in these places, by name. Where Security Hub is off there are none.

    `named`: the Regions were named, so one where it is off is told of.
    """
    return _shelf(places, lambda place: _listed(aws.look(place)), aws=aws, named=named)


def managed(place: Place, *, aws: Reach) -> Shelf:
    """AWS's managed insights, as one place that has Security Hub tells of them."""
    return _shelf(Places(ask=(place,)), lambda place: _managed(aws.look(place)), aws=aws, named=True)


def by_arn(arn: str, place: Place, *, aws: Reach) -> Insight:
    """The one insight with this ARN. Raises an AwsError, UsageError where there is none."""
    found = _described(aws.look(place), [arn])
    if not found:
        raise UsageError(
            f"there is no insight {arn} in {place.region}", advice="see those there are: secguard insights"
        )
    return found[0]


def chosen(name: str, among: Sequence[Insight], *, whole: bool = False) -> Insight:
    """The one insight that an operator means, as `meant` tells. Raises AmbiguousId, UsageError where there is none."""
    found = meant(name, among, whole=whole)
    if len(found) > 1:
        raise AmbiguousId("insight", name, [f"{each.name} ({each.arn})" for each in found])
    if not found:
        raise UsageError(f"there is no insight {name!r}", advice="see those there are: secguard insights --all")
    return found[0]


def meant(name: str, among: Sequence[Insight], *, whole: bool = False) -> list[Insight]:
    """The insights that a name may mean: their id or ARN; where it is none of these their name; else a part of that.

    `whole`: a part means none. Nothing at all is a part of every name, and means none either.
    """
    word = name.casefold()
    tests: tuple[Callable[[Insight], bool], ...] = (
        lambda each: name in (each.arn, each.short_id),
        lambda each: each.name.casefold() == word,
        lambda each: bool(word.strip()) and not whole and word in each.name.casefold(),
    )
    return next((found for holds in tests if (found := [each for each in among if holds(each)])), [])


def region_of(arn: str) -> str | None:
    """The Region that holds an insight; None for a managed one, which every Region has. Raises UsageError."""
    parsed = parse_arn(arn)
    if parsed is None or parsed.service != SERVICE or not parsed.resource.startswith("insight/"):
        raise UsageError(f"{arn!r} is no insight's ARN", advice="see those there are: secguard insights --all")
    return parsed.region or None


def results(insights: Sequence[Insight], *, aws: Reach) -> list[Results]:
    """What each insight counts, where it was read; what has one ARN in several places is added up. One call for each.

    They come in the order of `insights`.
    """
    parts: dict[str, list[Results]] = {insight.arn: [] for insight in insights}
    answers = aws.fan_out(insights, lambda insight: _counted(aws.look(insight.place), insight.arn), services=[SERVICE])
    for insight, answer in answers:
        if isinstance(answer, Unreached):
            parts[insight.arn].append(Results(insight=insight, unreached=(answer,)))
        else:
            full = len(answer) >= MOST_ROWS
            parts[insight.arn].append(Results(insight=insight, values=tuple(answer.items()), full=full))
    return [_added_up(each) for each in parts.values()]


def everywhere(insights: Sequence[Insight], places: Sequence[Place]) -> list[Insight]:
    """Managed insights, to be asked in each of these places."""
    return [replace(insight, place=place) for insight in insights for place in places]


def _added_up(parts: Sequence[Results]) -> Results:
    total: Counter[str] = Counter()
    for part in parts:
        total.update(dict(part.values))
    return Results(
        insight=parts[0].insight,
        values=tuple(sorted(total.items(), key=lambda pair: (-pair[1], pair[0]))),
        full=any(part.full for part in parts),
        unreached=tuple(sorted(each for part in parts for each in part.unreached)),
    )


def _shelf(places: Places, task: Callable[[Place], list[Insight]], *, aws: Reach, named: bool) -> Shelf:
    found: list[Insight] = []
    answered: list[Place] = []
    unreached = list(places.unreached)
    for place, answer in aws.fan_out(places.ask, lambda place: _or_none(lambda: task(place)), services=[SERVICE]):
        if isinstance(answer, Unreached):
            unreached.append(answer)
        elif answer is not None:
            answered.append(place)
            found.extend(answer)
        elif named:
            unreached.append(Unreached(account=place.account, region=place.region, why="Security Hub is not enabled"))
    insights = sorted(found, key=lambda insight: (insight.name.casefold(), insight.place, insight.arn))
    return Shelf(insights=tuple(insights), unreached=tuple(sorted(unreached)), answered=tuple(sorted(answered)))


def _or_none(task: Callable[[], R]) -> R | None:
    """What a task returns; None where Security Hub is off. Raises any other AwsError."""
    try:
        return task()
    except NotThere as error:
        if error.code == _OFF:
            return None
        raise


def _listed(reader: Reader) -> list[Insight]:
    found = reader.items(SERVICE, "GetInsights", "Insights", MaxResults=_PAGE)
    return [_insight(each, reader.place) for each in found]


def _managed(reader: Reader) -> list[Insight]:
    arns = [f"arn:{reader.partition}:securityhub:::insight/securityhub/default/{number}" for number in _MANAGED]
    return _described(reader, arns)


def _described(reader: Reader, arns: Sequence[str]) -> list[Insight]:
    """The insights with these ARNs. One that is not there fails the whole question, so it is looked for by halves."""
    try:
        found = list(reader.items(SERVICE, "GetInsights", "Insights", InsightArns=list(arns), MaxResults=_PAGE))
    except NotThere as error:
        if error.code == _OFF:
            raise
        if len(arns) == 1:
            return []
        middle = len(arns) // 2
        return [*_described(reader, arns[:middle]), *_described(reader, arns[middle:])]
    return [_insight(each, reader.place) for each in found]


def _insight(said: Mapping[str, Any], place: Place) -> Insight:
    return Insight(
        arn=said["InsightArn"],
        name=said["Name"],
        group_by=said["GroupByAttribute"],
        filters=said.get("Filters") or {},
        place=place,
    )


def _counted(reader: Reader, arn: str) -> dict[str, int]:
    """How many findings have each value. Raises an AwsError."""
    answer = reader.ask(SERVICE, "GetInsightResults", InsightArn=arn)
    rows = answer["InsightResults"]["ResultValues"]
    return {str(row["GroupByAttributeValue"]): int(row["Count"]) for row in rows}


def nowhere(shelf: Shelf) -> SecguardError:
    """The error where no place has insights to tell of."""
    return _failed("Security Hub could be asked for its insights nowhere", shelf.unreached)


def unanswered(found: Results) -> SecguardError:
    """The error where no place tells what an insight counts."""
    return _failed(f"what {found.insight.name!r} counts could be asked nowhere", found.unreached)


def _failed(what: str, unreached: Sequence[Unreached]) -> SecguardError:
    return SecguardError(what, advice=None if unreached else "turn it on: secguard enable --service securityhub")


def hub_record(insight: Insight, results: Results | None = None) -> dict[str, Any]:
    """An insight as the JSON object other programs read; with its results, where they are known, in short."""
    answered = results is not None and (results.values or not results.unreached)
    top = results.values[0] if results is not None and results.values else (None, 0 if answered else None)
    return {
        "id": insight.short_id,
        "name": insight.name,
        "kind": "managed" if insight.managed else "custom",
        "asks": None,
        "group_by": insight.group_by,
        "top": top[0],
        "count": top[1],
        "values": len(results.values) if results is not None and answered else None,
        "account": insight.place.account,
        "region": None if insight.managed else insight.place.region,
        "arn": insight.arn,
    }


def value_records(results: Results, *, most: int | None) -> list[dict[str, Any]]:
    """The values as the JSON objects other programs read."""
    total = sum(count for _, count in results.values)
    return [
        {"key": key, "count": count, "share": round(count / total, 4) if total else 0.0}
        for key, count in results.values[:most]
    ]
