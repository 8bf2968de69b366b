"""One whole tenancy on one machine: scaffolding to try and to test the program, never part of it."""
