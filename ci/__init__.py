"""Review of a change before it reaches a tenancy: affected tenancies, their previews, comments on pull requests."""
