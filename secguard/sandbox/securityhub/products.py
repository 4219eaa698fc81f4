"""Which products send findings to Security Hub, and which of them an account takes findings from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from secguard.sandbox.operations import Answer, Ask
from secguard.sandbox.securityhub.backend import SecurityHubBackend
from secguard.sandbox.securityhub.lists import page
from secguard.sandbox.securityhub.refusals import conflict, invalid_input, not_found


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """A provider of findings. `path` is the last part of its ARN: `aws/guardduty`."""

    path: str
    name: str
    company: str
    category: str

    @property
    def by_aws(self) -> bool:
        """AWS's own services are taken from without asking; others must be subscribed to."""
        return self.path.startswith("aws/")


_CHECKS, _THREATS = "Software and Configuration Checks", "Threat Detection and Response"
PRODUCTS = (
    Product(path="aws/securityhub", name="Security Hub", company="AWS", category=_CHECKS),
    Product(path="aws/guardduty", name="GuardDuty", company="Amazon", category=_THREATS),
    Product(path="aws/inspector", name="Inspector", company="Amazon", category="Vulnerability Management"),
    Product(path="aws/macie", name="Macie", company="Amazon", category="Sensitive Data Identification"),
    Product(path="aws/config", name="Config", company="AWS", category=_CHECKS),
    Product(path="aws/access-analyzer", name="IAM Access Analyzer", company="AWS", category=_CHECKS),
    Product(path="aws/firewall-manager", name="Firewall Manager", company="AWS", category=_CHECKS),
    Product(path="aws/health", name="Health", company="AWS", category=_CHECKS),
    Product(path="aws/ssm-patch-manager", name="Systems Manager Patch Manager", company="AWS", category=_CHECKS),
    Product(path="aws/iot-device-defender-audit", name="IoT Device Defender - Audit", company="AWS", category=_CHECKS),
    Product(path="prowler/prowler", name="Prowler", company="Prowler", category=_CHECKS),
    Product(path="aquasecurity/kube-bench", name="kube-bench", company="Aqua Security", category=_CHECKS),
    Product(path="aquasecurity/aquasecurity", name="Aqua Security", company="Aqua Security", category=_CHECKS),
    Product(path="crowdstrike/crowdstrike-falcon", name="CrowdStrike Falcon", company="CrowdStrike", category=_THREATS),
)
BY_PATH: Mapping[str, Product] = {product.path: product for product in PRODUCTS}


def product_of(product_arn: str) -> Product:
    """The product of an ARN; one's own findings come from `product/ACCOUNT/default`."""
    path = product_arn.partition(":product/")[2]
    return BY_PATH.get(path) or Product(path=path, name="Default", company="Personal", category=_CHECKS)


def takes_from(here: SecurityHubBackend, product_arn: str) -> bool:
    """Whether findings of this product are let in."""
    product = product_of(product_arn)
    if product.by_aws:
        return product.path not in here.products_off
    return product.path in here.products_on or product.path.endswith("/default")


def describe_products(here: SecurityHubBackend, ask: Ask) -> Answer:
    """DescribeProducts."""
    here.subscribed()
    wanted = ask.get("ProductArn")
    described = [_described(here, product) for product in PRODUCTS]
    if wanted is not None:
        described = [each for each in described if each["ProductArn"] == wanted]
        if not described:
            raise invalid_input(f"Invalid parameter 'ProductArn'. Unknown product {wanted}.")
    return page(here, ask, "Products", lambda: described)


def list_enabled(here: SecurityHubBackend, ask: Ask) -> Answer:
    """ListEnabledProductsForImport."""
    here.subscribed()
    arns = [
        _subscription_arn(here, product.path) for product in PRODUCTS if takes_from(here, _product_arn(here, product))
    ]
    return page(here, ask, "ProductSubscriptions", lambda: arns)


def enable_import(here: SecurityHubBackend, ask: Ask) -> Answer:
    """EnableImportFindingsForProduct."""
    here.subscribed()
    product = next((each for each in PRODUCTS if _product_arn(here, each) == ask["ProductArn"]), None)
    if product is None:
        raise invalid_input(f"Invalid parameter 'ProductArn'. Unknown product {ask['ProductArn']}.")
    if takes_from(here, ask["ProductArn"]):
        raise conflict(f"The product {product.name} is already enabled for account {here.account_id}")
    here.products_off.discard(product.path)
    if not product.by_aws:
        here.products_on.add(product.path)
    return {"ProductSubscriptionArn": _subscription_arn(here, product.path)}


def disable_import(here: SecurityHubBackend, ask: Ask) -> Answer:
    """DisableImportFindingsForProduct."""
    here.subscribed()
    arns = {_subscription_arn(here, each.path): each for each in PRODUCTS if takes_from(here, _product_arn(here, each))}
    product = arns.get(ask["ProductSubscriptionArn"])
    if product is None:
        raise not_found(f"Product subscription {ask['ProductSubscriptionArn']} was not found")
    here.products_on.discard(product.path)
    if product.by_aws:
        here.products_off.add(product.path)
    return {}


def _described(here: SecurityHubBackend, product: Product) -> dict[str, Any]:
    sends = "SEND_FINDINGS_TO_SECURITY_HUB"
    return {
        "ProductArn": _product_arn(here, product),
        "ProductName": product.name,
        "CompanyName": product.company,
        "Description": f"{product.name} sends findings to Security Hub.",
        "Categories": [product.category],
        "IntegrationTypes": [sends],
        "ActivationUrl": f"https://console.aws.amazon.com/{product.path.partition('/')[2]}/home",
    }


def _product_arn(here: SecurityHubBackend, product: Product) -> str:
    return here.public_arn(f"product/{product.path}")


def _subscription_arn(here: SecurityHubBackend, path: str) -> str:
    return here.arn(f"product-subscription/{path}")


OPERATIONS = {
    "DescribeProducts": describe_products,
    "ListEnabledProductsForImport": list_enabled,
    "EnableImportFindingsForProduct": enable_import,
    "DisableImportFindingsForProduct": disable_import,
}
