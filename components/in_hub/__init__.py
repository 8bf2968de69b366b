"""What the hub itself runs beyond its charts: log-in by FreeIPA, profiles for groups, homes that grow.

These modules and ``components/freeipa`` below them are mounted into the hub's pod under the same names
(``components/chart/mounted_code.py``), where Python 3.12 and the hub image's packages run them.
They import nothing else of this project.
"""
