"""The product's chart made whole on this machine, its dependencies packaged from stand-ins or upstream folders."""
