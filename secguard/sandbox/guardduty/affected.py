"""The resources of a GuardDuty finding, as Security Hub's finding format lists them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from secguard.sandbox.guardduty.backend import Finding

Resource = dict[str, Any]


def resources(finding: Finding) -> list[Resource]:
    """What the finding is about; the account itself when it names nothing else."""
    kind = finding["resource"].get("resourceType", "")
    listed = [
        {**entry, "Partition": finding["partition"], "Region": entry.get("Region", finding["region"])}
        for read in _READERS.get(kind, (_instance, _access_key))
        for entry in read(finding)
    ]
    account = {"Type": "AwsAccount", "Id": f"AWS::::Account:{finding['accountId']}"}
    return listed or [{**account, "Partition": finding["partition"], "Region": finding["region"]}]


def _instance(finding: Finding) -> Iterator[Resource]:
    instance = finding["resource"].get("instanceDetails") or {}
    if "instanceId" not in instance:
        return
    interfaces = instance.get("networkInterfaces") or []
    addresses = [
        address for each in interfaces for address in (each.get("publicIp"), each.get("privateIpAddress")) if address
    ]
    first = interfaces[0] if interfaces else {}
    details = {
        "Type": instance.get("instanceType"),
        "ImageId": instance.get("imageId"),
        "IpV4Addresses": addresses or None,
        "VpcId": first.get("vpcId"),
        "SubnetId": first.get("subnetId"),
        "LaunchedAt": instance.get("launchTime"),
        "IamInstanceProfileArn": (instance.get("iamInstanceProfile") or {}).get("arn"),
    }
    yield _resource("AwsEc2Instance", _arn(finding, "ec2", f"instance/{instance['instanceId']}"), details, instance)


def _access_key(finding: Finding) -> Iterator[Resource]:
    key = finding["resource"].get("accessKeyDetails") or {}
    if "accessKeyId" not in key:
        return
    details = {
        "PrincipalId": key.get("principalId"),
        "PrincipalType": key.get("userType"),
        "PrincipalName": key.get("userName"),
    }
    yield _resource("AwsIamAccessKey", f"AWS::IAM::AccessKey:{key['accessKeyId']}", details, key)


def _buckets(finding: Finding) -> Iterator[Resource]:
    for bucket in finding["resource"].get("s3BucketDetails") or []:
        arn = bucket.get("arn") or f"arn:{finding['partition']}:s3:::{bucket['name']}"
        details = {"OwnerId": (bucket.get("owner") or {}).get("id"), "Name": bucket.get("name")}
        yield _resource("AwsS3Bucket", arn, details, bucket)


def _eks(finding: Finding) -> Iterator[Resource]:
    cluster = finding["resource"].get("eksClusterDetails") or {}
    if "arn" in cluster:
        details = {"Name": cluster.get("name"), "Arn": cluster["arn"], "ClusterStatus": cluster.get("status")}
        yield _resource("AwsEksCluster", cluster["arn"], details, cluster)


def _ecs(finding: Finding) -> Iterator[Resource]:
    cluster = finding["resource"].get("ecsClusterDetails") or {}
    if "arn" in cluster:
        details = {"ClusterArn": cluster["arn"], "ClusterName": cluster.get("name"), "Status": cluster.get("status")}
        yield _resource("AwsEcsCluster", cluster["arn"], details, cluster)


def _container(finding: Finding) -> Iterator[Resource]:
    container = finding["resource"].get("containerDetails") or {}
    if "id" in container:
        details = {"Name": container.get("name"), "ImageName": container.get("image")}
        yield _resource("Container", container["id"], details, container)


def _function(finding: Finding) -> Iterator[Resource]:
    function = finding["resource"].get("lambdaDetails") or {}
    if "functionArn" in function:
        details = {
            "FunctionName": function.get("functionName"),
            "Role": function.get("role"),
            "RevisionId": function.get("revisionId"),
            "Version": function.get("functionVersion"),
        }
        yield _resource("AwsLambdaFunction", function["functionArn"], details, function)


def _database(finding: Finding) -> Iterator[Resource]:
    database = finding["resource"].get("rdsDbInstanceDetails") or {}
    if "dbInstanceIdentifier" in database:
        arn = database.get("dbInstanceArn") or _arn(finding, "rds", f"db:{database['dbInstanceIdentifier']}")
        details = {
            "DBInstanceIdentifier": database["dbInstanceIdentifier"],
            "DBClusterIdentifier": database.get("dbClusterIdentifier"),
            "DbiResourceId": database.get("dbiResourceId"),
            "Engine": database.get("engine"),
            "EngineVersion": database.get("engineVersion"),
        }
        yield _resource("AwsRdsDbInstance", arn, details, database)


_SEQUENCE_TYPES = {
    "ACCESS_KEY": "AwsIamAccessKey",
    "EC2_INSTANCE": "AwsEc2Instance",
    "ECS_CLUSTER": "AwsEcsCluster",
    "EKS_CLUSTER": "AwsEksCluster",
    "S3_BUCKET": "AwsS3Bucket",
}


def _sequence(finding: Finding) -> Iterator[Resource]:
    """An attack sequence names its resources apart from the finding's own."""
    sequence = finding["service"].get("detection", {}).get("sequence", {})
    for each in sequence.get("resources") or []:
        kind = _SEQUENCE_TYPES.get(each["resourceType"], "Other")
        where = {"Region": each["region"]} if each.get("region") else {}
        yield {**_resource(kind, each["uid"], {}, each), **where}


_READERS: Mapping[str, tuple[Callable[[Finding], Iterator[Resource]], ...]] = {
    "AccessKey": (_access_key,),
    "AttackSequence": (_sequence,),
    "Container": (_container, _instance),
    "ECSCluster": (_ecs, _container),
    "EKSCluster": (_eks, _instance),
    "Instance": (_instance,),
    "Lambda": (_function,),
    "RDSDBInstance": (_database,),
    "S3Bucket": (_buckets, _access_key),
    "S3Object": (_buckets,),
}


def _resource(kind: str, identity: str, details: Mapping[str, Any], source: Mapping[str, Any]) -> Resource:
    tags = {tag["key"]: tag.get("value", "") for tag in source.get("tags") or [] if "key" in tag}
    known = {name: value for name, value in details.items() if value is not None}
    return {
        "Type": kind,
        "Id": identity,
        **({"Tags": tags} if tags else {}),
        **({"Details": {kind: known}} if known else {}),
    }


def _arn(finding: Finding, service: str, resource: str) -> str:
    return f"arn:{finding['partition']}:{service}:{finding['region']}:{finding['accountId']}:{resource}"
