"""The command ``images``: starts each image of a tenancy once, and compares its versions with the tenancy's."""
