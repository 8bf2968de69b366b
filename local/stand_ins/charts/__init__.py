"""Assembly of the product's chart with its dependencies, packaged from stand-in charts or upstream folders."""
