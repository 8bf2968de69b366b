"""Code that runs in the pods of the scheduled backup, on the Python of the hub's image and without other packages.

These modules, and the modules of ``components`` that they import, are mounted into the pods under the same names
(``components/chart/backup.py`` lists them).
"""
