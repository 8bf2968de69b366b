"""Old path of the contract's provider: states written by version 0.1 refer to it."""

from components.contract.resource import Contract, ContractProvider

__all__ = ["Contract", "ContractProvider"]
