"""The provider's path in states written by version 0.1, which could not be previewed or destroyed without it."""

from components.contract.resource import Contract, ContractProvider

__all__ = ["Contract", "ContractProvider"]
