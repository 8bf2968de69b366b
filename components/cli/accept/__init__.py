"""The command ``members accept``: the operator's decision about a user name that another account of FreeIPA had."""
