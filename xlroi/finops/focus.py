"""FOCUS, the FinOps Open Cost and Usage Specification, 1.0 to 1.4: the columns that are read, and what they must hold.

Source: focus.finops.org, the dataset Cost and Usage. Mandatory here means: the specification says that the column must
be present and must not be null.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final, Literal

from xlroi.finops.mapping import First, Layout, Named, Term
from xlroi.finops.sources import canonical

__all__ = ["COLUMNS", "COSTS", "FOCUS", "Column", "known", "missing", "version"]

Kind = Literal["text", "amount", "day", "tags"]


@dataclass(frozen=True, slots=True)
class Column:
    """A column of FOCUS, and its name in a ledger."""

    id: str
    focus: str
    kind: Kind = "text"
    mandatory: bool = False
    words: tuple[str, ...] = ()
    """The values that the specification allows, where it lists them."""
    name_only: bool = False
    """Whether a number with decimals cannot be meant: it comes from a neighbour when columns are shifted."""


COLUMNS: Final = (
    Column("provider", "ServiceProviderName", mandatory=True, name_only=True),
    Column("issuer", "InvoiceIssuerName", mandatory=True, name_only=True),
    Column("account", "BillingAccountId", mandatory=True),
    Column("account_name", "BillingAccountName"),
    Column("sub_account", "SubAccountId"),
    Column("sub_account_name", "SubAccountName"),
    Column("currency", "BillingCurrency", mandatory=True, name_only=True),
    Column("period_start", "BillingPeriodStart", "day", mandatory=True),
    Column("period_end", "BillingPeriodEnd", "day", mandatory=True),
    Column("charge_start", "ChargePeriodStart", "day", mandatory=True),
    Column("charge_end", "ChargePeriodEnd", "day", mandatory=True),
    Column("category", "ChargeCategory", mandatory=True, words=("Usage", "Purchase", "Tax", "Credit", "Adjustment")),
    Column("charge_class", "ChargeClass", words=("Correction",)),
    Column("frequency", "ChargeFrequency", words=("One-Time", "Recurring", "Usage-Based")),
    Column("description", "ChargeDescription"),
    Column("pricing", "PricingCategory", words=("Standard", "Committed", "Dynamic", "Other")),
    Column("commitment", "CommitmentDiscountId"),
    Column("commitment_type", "CommitmentDiscountType"),
    Column("commitment_status", "CommitmentDiscountStatus", words=("Used", "Unused")),
    Column("capacity_status", "CapacityReservationStatus", words=("Used", "Unused")),
    Column("service_category", "ServiceCategory", mandatory=True, name_only=True),
    Column("service", "ServiceName", mandatory=True, name_only=True),
    Column("region", "RegionId", name_only=True),
    Column("zone", "AvailabilityZone", name_only=True),
    Column("resource", "ResourceId"),
    Column("resource_name", "ResourceName"),
    Column("resource_type", "ResourceType", name_only=True),
    Column("sku", "SkuId"),
    Column("sku_details", "SkuPriceDetails"),
    Column("priced", "PricingQuantity", "amount"),
    Column("priced_unit", "PricingUnit", name_only=True),
    Column("consumed", "ConsumedQuantity", "amount"),
    Column("consumed_unit", "ConsumedUnit", name_only=True),
    Column("tags", "Tags", "tags"),
    Column("billed", "BilledCost", "amount", mandatory=True),
    Column("effective", "EffectiveCost", "amount", mandatory=True),
    Column("contracted", "ContractedCost", "amount", mandatory=True),
    Column("list", "ListCost", "amount", mandatory=True),
)
COSTS: Final = ("billed", "effective", "contracted", "list")

# Columns by which a file shows its version; they are conditional, so a file may be of a later version than it shows.
_NEW_IN: Final = {
    "1.4": ("CommitmentProgramEligibilityDetails",),
    "1.3": ("ServiceProviderName", "HostProviderName", "AllocatedMethodId", "ContractApplied"),
    "1.2": ("InvoiceId", "BillingAccountType", "SubAccountType", "PricingCurrency"),
    "1.1": ("CapacityReservationId", "CommitmentDiscountQuantity", "ServiceSubcategory", "SkuMeter", "SkuPriceDetails"),
}


def version(header: Collection[str]) -> str:
    """The version of FOCUS that a header shows at least.

    ServiceProviderName came with 1.3 beside ProviderName, which 1.4 dropped.

    >>> version(["ProviderName", "BilledCost"]), version(["ProviderName", "InvoiceId"])
    ('1.0', '1.2')
    >>> version(["ServiceProviderName", "ProviderName"]), version(["ServiceProviderName"])
    ('1.3', '1.4')
    """
    titles = {canonical(title) for title in header}
    found = next((v for v, names in _NEW_IN.items() if any(canonical(name) in titles for name in names)), "1.0")
    dropped = "serviceprovidername" in titles and not titles & {"providername", "publishername"}
    return "1.4" if found == "1.3" and dropped else found


def missing(header: Collection[str]) -> list[str]:
    """The mandatory columns that a header lacks, each with the version that asks for it.

    >>> missing(["BilledCost"])[:2]
    ['ServiceProviderName (1.3 and later; ProviderName before)', 'InvoiceIssuerName (1.0 and later)']
    """
    titles = {canonical(title) for title in header}
    wanting = []
    for column in COLUMNS:
        if not column.mandatory or canonical(column.focus) in titles:
            continue
        if column.id != "provider":
            wanting.append(f"{column.focus} (1.0 and later)")
        elif "providername" not in titles:
            wanting.append(f"{column.focus} (1.3 and later; ProviderName before)")
    return wanting


def known() -> Mapping[str, bool]:
    """The columns that a mapping file may give, true where it must."""
    return {column.focus: column.mandatory for column in COLUMNS}


def _terms() -> dict[str, Term]:
    terms: dict[str, Term] = {column.focus: Named(column.focus) for column in COLUMNS}
    return terms | {"ServiceProviderName": First((Named("ServiceProviderName"), Named("ProviderName")))}


FOCUS: Final = Layout("FOCUS", _terms())
