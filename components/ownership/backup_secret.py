"""The keys of the Secret of backups. Pure; the pods of backups and the stack file's model use them."""

ACCESS_KEY, SECRET_KEY, PASSWORD = "access-key", "secret-key", "repository-password"
"""The S3 account's access key ID and secret access key, and the password of the repository."""
