"""The Python modules that run in the hub's pod, as chart values: files, mounted where the hub imports them.

The chart stores them twice in the hub's Secret, which has at most 1 MiB, so they are mounted without comments. z2jh
puts the folder of its configuration on Python's path. The modules have the same names there, so a traceback in the
hub's log names the file and the line of this repository.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from components.chart.code_text import mounted_text

COMPONENTS = Path(__file__).resolve().parent.parent

HUB_FOLDER = "/usr/local/etc/jupyterhub"
"""Folder of ``jupyterhub_config.py`` in z2jh 4.4.0."""

MODULES = (
    "freeipa/admin_group.py",
    "freeipa/connection.py",
    "freeipa/connection_errors.py",
    "freeipa/errors.py",
    "freeipa/names.py",
    "freeipa/results.py",
    "freeipa/server_health.py",
    "freeipa/session.py",
    "freeipa/settings.py",
    "freeipa/verified_tls.py",
    "in_hub/__init__.py",
    "in_hub/accounts.py",
    "in_hub/admission.py",
    "in_hub/admission_settings.py",
    "in_hub/api_names.py",
    "in_hub/authenticator.py",
    "in_hub/choices.py",
    "in_hub/clock_jumps.py",
    "in_hub/comparison.py",
    "in_hub/configure.py",
    "in_hub/current_groups.py",
    "in_hub/dask_clusters.py",
    "in_hub/directory_reader.py",
    "in_hub/directory_settings.py",
    "in_hub/events.py",
    "in_hub/folder_state.py",
    "in_hub/folders.py",
    "in_hub/further_server_rules.py",
    "in_hub/further_servers.py",
    "in_hub/further_servers_end.py",
    "in_hub/gpus.py",
    "in_hub/group_names.py",
    "in_hub/group_updates.py",
    "in_hub/guard.py",
    "in_hub/home_marks.py",
    "in_hub/home_owner.py",
    "in_hub/home_problems.py",
    "in_hub/home_reports.py",
    "in_hub/home_use.py",
    "in_hub/kubernetes_errors.py",
    "in_hub/listening.py",
    "in_hub/live_settings.py",
    "in_hub/log_in_identity.py",
    "in_hub/log_in_time.py",
    "in_hub/log_ins.py",
    "in_hub/membership.py",
    "in_hub/messages.py",
    "in_hub/object_kinds.py",
    "in_hub/outcomes.py",
    "in_hub/outdated_clusters.py",
    "in_hub/own_host.py",
    "in_hub/passwords.py",
    "in_hub/pending_check.py",
    "in_hub/problem_reports.py",
    "in_hub/profiles.py",
    "in_hub/quantity.py",
    "in_hub/removed_users.py",
    "in_hub/replaced_pages.py",
    "in_hub/revocation.py",
    "in_hub/revocation_api.py",
    "in_hub/server_activity.py",
    "in_hub/server_choice.py",
    "in_hub/server_ends.py",
    "in_hub/server_entrances.py",
    "in_hub/server_host.py",
    "in_hub/server_stop.py",
    "in_hub/server_token.py",
    "in_hub/shared_folders.py",
    "in_hub/smallest_choice.py",
    "in_hub/start_checks.py",
    "in_hub/statement.py",
    "in_hub/stored_groups.py",
    "in_hub/stored_services.py",
    "in_hub/subdomains.py",
    "in_hub/usage_amounts.py",
    "in_hub/usage_api.py",
    "in_hub/usage_file.py",
    "in_hub/usage_recorder.py",
    "in_hub/user_id.py",
    "in_hub/user_objects.py",
    "in_hub/user_sizes.py",
    "in_hub/verification.py",
    "in_hub/verification_api.py",
    "in_hub/volume_claims.py",
    "in_hub/volume_growth.py",
    "in_hub/volume_use.py",
    "deadline.py",
    "dns_label.py",
    "escape.py",
    "folder_names.py",
    "tls.py",
)
"""The mounted modules; each may import only the others and the packages of the hub's image."""

METRICS_MODULES = (
    "in_hub/address_checks.py",
    "in_hub/backup_samples.py",
    "in_hub/metric_names.py",
    "in_hub/metric_settings.py",
    "in_hub/metrics.py",
    "in_hub/namespace_samples.py",
    "in_hub/observation.py",
)
"""Further modules of a tenancy with metrics."""

PAGE_MODULES = (
    "in_hub/acceptances.py",
    "in_hub/accepted_terms.py",
    "in_hub/announcements.py",
    "in_hub/linked_text.py",
    "in_hub/logo_file.py",
    "in_hub/own_pages.py",
    "in_hub/terms.py",
    "in_hub/terms_pages.py",
    "in_hub/page.html",
    "in_hub/terms.html",
)
"""Further modules and templates of a tenancy with announcements, branding or terms of use."""

TEMPLATES = ("in_hub/options_form.html", "in_hub/templates/not_running.html")
"""Templates of pages, which modules read from their own folder or the one below it."""


def mounted_file(path: str, text: str) -> dict[str, Any]:
    """Return an entry of ``hub.extraFiles``: a file of the package ``components`` in the hub's pod."""
    return {
        f"{COMPONENTS.name}-{path.replace('/', '-')}": {
            "mountPath": f"{HUB_FOLDER}/{COMPONENTS.name}/{path}",
            "stringData": text,
        }
    }


def hub_code() -> dict[str, Any]:
    """Return the values ``hub.extraFiles`` and ``hub.extraConfig``, without the statement of the admitted users."""
    return {
        "extraFiles": mounted_code((*MODULES, *TEMPLATES)),
        "extraConfig": {"pangeo": "from components.in_hub.configure import configure\n\nconfigure(c)\n"},
    }


def mounted_code(paths: Iterable[str]) -> dict[str, Any]:
    """Return the entries of ``hub.extraFiles`` for files of the package ``components``."""
    return {key: file for path in paths for key, file in mounted_file(path, mounted_text(COMPONENTS / path)).items()}
