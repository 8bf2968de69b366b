"""Python code that runs in the hub's pod: log-in with FreeIPA, profiles by group, and the growth of home volumes.

These modules, and the modules of ``components`` that they import, are mounted into the pod under the same names
(``components/chart/mounted_code.py`` lists them). They run on Python 3.12 with the packages of the hub's image and must
import no other module of this project.
"""
