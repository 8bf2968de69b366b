"""The immutable part of a deployment: kept in the stack's state, and compared with the stack's file in every run."""
