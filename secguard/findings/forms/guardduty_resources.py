"""List what a GuardDuty finding is about, in ASFF's words, as Security Hub lists it. Pure.

Everything here takes GuardDuty's camelCase; `guardduty_form.camel_case` brings the other form into it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from secguard.findings.forms.arn import account_in, name_in, region_in
from secguard.findings.forms.fields import inside, mappings, text
from secguard.model import Resource

Part = Mapping[Any, Any]

_KEY_PREFIX = "AWS::IAM::AccessKey:"
"""How Security Hub names an access key, which has no ARN."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where the finding is from: what its bare names are the names of."""

    partition: str
    account: str
    region: str

    def arn(self, service: str, resource: str) -> str | None:
        """The ARN of something here, or None where the finding does not say where it is."""
        if not self.account or not self.region:
            return None
        return f"arn:{self.partition}:{service}:{self.region}:{self.account}:{resource}"


def resources_of(finding: Part, *, origin: Origin) -> tuple[Resource, ...]:
    """Every resource it names, what its `resourceType` means first; the account itself where it names none."""
    about = inside(finding, "resource")
    first = _MEANT.get(text(about.get("resourceType")) or "", ())
    keys = sorted(_READERS, key=lambda key: first.index(key) if key in first else len(first))
    listed = [*_sequence(finding), *(each for key in keys for each in _READERS[key](about.get(key), origin))]
    unique: dict[tuple[str, str], Resource] = {}
    for each in listed:
        unique.setdefault((each.type, each.id), each)
    return tuple(unique.values()) or _account(origin)


def _account(origin: Origin) -> tuple[Resource, ...]:
    if not origin.account:
        return ()
    return (_resource("AwsAccount", f"AWS::::Account:{origin.account}", origin, name=origin.account),)


def _resource(
    kind: str, identifier: str, origin: Origin, *, name: str | None = None, tagged: Part | None = None
) -> Resource:
    return Resource(
        type=kind,
        id=identifier,
        name=name or name_in(identifier) or kind,
        region=region_in(identifier) or origin.region or None,
        account=account_in(identifier),
        tags=_tags(tagged),
    )


def _tags(tagged: Part | None) -> dict[str, str]:
    pairs = ((text(tag.get("key")), text(tag.get("value"))) for tag in mappings(inside(tagged).get("tags")))
    return {key: value or "" for key, value in pairs if key}


def _instance(value: Any, origin: Origin) -> Iterator[Resource]:
    instance = inside(value)
    identifier = text(instance.get("instanceId"))
    if identifier:
        arn = origin.arn("ec2", f"instance/{identifier}")
        yield _resource("AwsEc2Instance", arn or identifier, origin, name=identifier, tagged=instance)


def key_id(key: Part) -> str | None:
    """What an access key is called as a resource: by its own id, or else by whose it is."""
    identifier = text(key.get("accessKeyId"))
    if identifier is None:
        return text(key.get("principalId")) or text(key.get("userName"))
    return identifier if ":" in identifier else f"{_KEY_PREFIX}{identifier}"


def _access_key(value: Any, origin: Origin) -> Iterator[Resource]:
    key = inside(value)
    identifier = key_id(key)
    if identifier:
        yield _resource("AwsIamAccessKey", identifier, origin, name=text(key.get("userName")))


def _buckets(value: Any, origin: Origin) -> Iterator[Resource]:
    for bucket in mappings(value):
        name = text(bucket.get("name"))
        identifier = text(bucket.get("arn")) or (f"arn:{origin.partition}:s3:::{name}" if name else None)
        if identifier:
            yield _resource("AwsS3Bucket", identifier, origin, name=name, tagged=bucket)
        for item in mappings(bucket.get("s3ObjectDetails")):
            object_id = text(item.get("objectArn")) or text(item.get("key"))
            if object_id:
                yield _resource("AwsS3Object", object_id, origin, name=text(item.get("key")))


def _database(value: Any, origin: Origin) -> Iterator[Resource]:
    database = inside(value)
    name = text(database.get("dbInstanceIdentifier"))
    identifier = text(database.get("dbInstanceArn")) or (origin.arn("rds", f"db:{name}") if name else None) or name
    if identifier:
        yield _resource("AwsRdsDbInstance", identifier, origin, name=name, tagged=database)


def _ecs(value: Any, origin: Origin) -> Iterator[Resource]:
    cluster = inside(value)
    yield from _by_arn("AwsEcsCluster", "arn", "name")(cluster, origin)
    task = inside(cluster, "taskDetails")
    yield from _by_arn("AwsEcsTask", "arn", "")(task, origin)
    for container in mappings(task.get("containers")):
        yield from _container(container, origin)


def _container(value: Any, origin: Origin) -> Iterator[Resource]:
    container = inside(value)
    identifier = text(container.get("id")) or text(container.get("name"))
    if identifier:
        yield _resource("Container", identifier, origin, name=text(container.get("name")))


def _workload(value: Any, origin: Origin) -> Iterator[Resource]:
    workload = inside(value, "kubernetesWorkloadDetails")
    name, namespace = text(workload.get("name")), text(workload.get("namespace"))
    if name:
        yield _resource("KubernetesWorkload", "/".join(filter(None, (namespace, name))), origin, name=name)
    for container in mappings(workload.get("containers")):
        yield from _container(container, origin)


def _volumes(value: Any, origin: Origin) -> Iterator[Resource]:
    volumes = inside(value)
    for listed in ("scannedVolumeDetails", "skippedVolumeDetails"):
        for volume in mappings(volumes.get(listed)):
            yield from _by_arn("AwsEc2Volume", "volumeArn", "")(volume, origin)


def _by_arn(kind: str, arn: str, name: str) -> Callable[[Any, Origin], Iterator[Resource]]:
    """Read what is known by an ARN, or by its name where the finding lacks that."""

    def read(value: Any, origin: Origin) -> Iterator[Resource]:
        part = inside(value)
        identifier = text(part.get(arn)) or text(part.get(name))
        if identifier:
            yield _resource(kind, identifier, origin, name=text(part.get(name)), tagged=part)

    return read


_READERS: Mapping[str, Callable[[Any, Origin], Iterator[Resource]]] = {
    "instanceDetails": _instance,
    "accessKeyDetails": _access_key,
    "s3BucketDetails": _buckets,
    "eksClusterDetails": _by_arn("AwsEksCluster", "arn", "name"),
    "kubernetesDetails": _workload,
    "ecsClusterDetails": _ecs,
    "containerDetails": _container,
    "lambdaDetails": _by_arn("AwsLambdaFunction", "functionArn", "functionName"),
    "rdsDbInstanceDetails": _database,
    "rdsLimitlessDbDetails": _by_arn("AwsRdsDbShardGroup", "dbShardGroupArn", "dbShardGroupIdentifier"),
    "ebsVolumeDetails": _volumes,
    "ebsSnapshotDetails": _by_arn("AwsEc2Snapshot", "snapshotArn", ""),
    "ec2ImageDetails": _by_arn("AwsEc2Image", "imageArn", ""),
    "recoveryPointDetails": _by_arn("AwsBackupRecoveryPoint", "recoveryPointArn", ""),
    "bedrockGuardrailDetails": _by_arn("AwsBedrockGuardrail", "guardrailArn", ""),
}
"""The members of `Resource` in GuardDuty's service model that name a resource."""

_MEANT = {
    "AccessKey": ("accessKeyDetails",),
    "Container": ("containerDetails",),
    "ECSCluster": ("ecsClusterDetails",),
    "EKSCluster": ("eksClusterDetails", "kubernetesDetails"),
    "KubernetesCluster": ("eksClusterDetails", "kubernetesDetails"),
    "Instance": ("instanceDetails",),
    "Lambda": ("lambdaDetails",),
    "RDSDBInstance": ("rdsDbInstanceDetails",),
    "RDSLimitlessDB": ("rdsLimitlessDbDetails",),
    "S3Bucket": ("s3BucketDetails",),
    "S3Object": ("s3BucketDetails",),
}
"""Which details a `resourceType` is about."""

_IN_SEQUENCE = {
    "ACCESS_KEY": "AwsIamAccessKey",
    "AUTOSCALING_AUTO_SCALING_GROUP": "AwsAutoScalingAutoScalingGroup",
    "CLOUDFORMATION_STACK": "AwsCloudFormationStack",
    "CONTAINER": "Container",
    "EC2_IMAGE": "AwsEc2Image",
    "EC2_INSTANCE": "AwsEc2Instance",
    "EC2_LAUNCH_TEMPLATE": "AwsEc2LaunchTemplate",
    "EC2_NETWORK_INTERFACE": "AwsEc2NetworkInterface",
    "EC2_VPC": "AwsEc2Vpc",
    "ECS_CLUSTER": "AwsEcsCluster",
    "ECS_TASK": "AwsEcsTask",
    "EKS_CLUSTER": "AwsEksCluster",
    "IAM_INSTANCE_PROFILE": "AwsIamInstanceProfile",
    "KUBERNETES_WORKLOAD": "KubernetesWorkload",
    "S3_BUCKET": "AwsS3Bucket",
    "S3_OBJECT": "AwsS3Object",
    "SAGEMAKER_ENDPOINT": "AwsSageMakerEndpoint",
}
"""GuardDuty's FindingResourceType in ASFF's words."""


def _sequence(finding: Part) -> Iterator[Resource]:
    """An attack sequence names its resources apart from the finding's own, each with its own account and Region."""
    for each in mappings(inside(finding, "service", "detection", "sequence").get("resources")):
        kind = _IN_SEQUENCE.get(text(each.get("resourceType")) or "", text(each.get("resourceType")) or "Other")
        identifier = text(each.get("uid")) or text(each.get("name"))
        if not identifier:
            continue
        # An access key is known by whose it is.
        owner = text(inside(each, "data", "accessKey").get("userName"))
        yield Resource(
            type=kind,
            id=identifier,
            name=owner or text(each.get("name")) or name_in(identifier),
            region=text(each.get("region")) or region_in(identifier),
            account=account_in(identifier) or text(each.get("accountId")),
            tags=_tags(each),
        )
