"""The command ``remove``: deletes what ``pulumi destroy`` kept of a tenancy."""
