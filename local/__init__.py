"""A complete tenancy on one machine, to try and to test the program; not part of the program."""
