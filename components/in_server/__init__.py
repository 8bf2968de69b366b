"""Code that runs in users' servers, in the background."""
