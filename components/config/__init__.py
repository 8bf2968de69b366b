"""The configuration of a tenancy: what a stack file may contain, read and checked without a network.

``stack_file.read_stack`` reads a file, ``stack_file.read_config`` the engine's configuration. Both return a
``tenancy.Tenancy``, whose sections are in their own modules, or raise ``problems.InvalidTenancy`` with every problem.
"""
