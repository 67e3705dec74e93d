"""Costs allocated to those who caused them: rules, shared cost, further ledgers, to the cent."""

from xlroi.finops.allocation.allocating import allocate
from xlroi.finops.allocation.rules import Rules, load_rules

__all__ = ["Rules", "allocate", "load_rules"]
