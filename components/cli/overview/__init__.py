"""The command ``status`` for all tenancies: a row for each, from the same checks as the status of one."""
