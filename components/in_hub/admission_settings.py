"""Classification of every setting of the hub's classes by its influence on who is admitted. Pure data.

A setting that is in none of these sets may only have its default or the value that the program declares. So a setting
of a later JupyterHub is refused until it is classified; ``tests/engine/hub/test_closed.py`` fails until then.
Sources: JupyterHub 5.5.0 (``app.py``, ``auth.py``, ``spawner.py``), KubeSpawner 7.0.0, LDAPAuthenticator 2.0.2, and
``jupyterhub_config.py`` of zero-to-jupyterhub-k8s 4.4.0, which sets many of the neutral ones.
"""


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


HUB, AUTHENTICATOR, SPAWNER, PROXY = "JupyterHub", "Authenticator", "KubeSpawner", "ConfigurableHTTPProxy"
"""Kinds of objects whose settings are checked."""

NEUTRAL: dict[str, frozenset[str]] = {
    HUB: _names("""
        active_server_limit active_user_window activity_resolution allow_named_servers answer_yes api_page_default_limit
        api_page_max_limit base_url bind_url cleanup_proxy cleanup_servers concurrent_spawn_limit config_file
        confirm_no_ssl cookie_secret cookie_secret_file data_files_path db_kwargs db_url
        debug_db debug_proxy default_server_name default_url external_ssl_authorities extra_log_file extra_log_handlers
        forwarded_host_header generate_certs generate_config hub_bind_url hub_connect_ip hub_connect_port
        hub_connect_url hub_ip hub_port hub_routespec implicit_spawn_seconds init_spawners_timeout
        internal_certs_location internal_ssl ip last_activity_interval log_datefmt log_format
        log_level logo_file named_server_limit_per_user pid_file port proxy_api_ip proxy_api_port
        proxy_auth_token proxy_check_interval proxy_class proxy_cmd public_url recreate_internal_certs
        redirect_to_server reset_db service_check_interval show_config show_config_json shutdown_on_logout ssl_cert
        ssl_key statsd_host statsd_port statsd_prefix template_paths template_vars trusted_alt_names
        trusted_downstream_ips upgrade_db use_legacy_stopped_server_status_code
        """),
    AUTHENTICATOR: _names("any_allow_config blocked_users escape_userdn otp_prompt"),
    SPAWNER: _names("""
        additional_profile_form_template_paths allow_privilege_escalation common_labels component_label
        consecutive_failure_limit container_security_context cpu_guarantee cpu_limit debug default_url
        delete_grace_period delete_pvc delete_stopped_pods disable_user_config dns_name_template enable_user_namespaces
        events_enabled extra_annotations extra_containers extra_labels extra_resource_guarantees
        extra_resource_limits fs_gid gid handle_legacy_names http_timeout image image_pull_policy image_pull_secrets
        init_containers ip k8s_api_host k8s_api_request_retry_timeout k8s_api_request_timeout k8s_api_ssl_ca_cert
        k8s_api_threadpool_workers k8s_api_verify_ssl lifecycle_hooks mem_guarantee mem_limit namespace
        node_affinity_preferred node_affinity_required node_selector notebook_dir pod_affinity_preferred
        pod_affinity_required pod_anti_affinity_preferred pod_anti_affinity_required pod_connect_ip pod_name_template
        pod_security_context poll_interval poll_jitter port priority_class_name privileged profile_form_template
        pvc_name_template remember_pvc_name scheduler_name secret_mount_path secret_name_template slug_scheme
        ssl_alt_names ssl_alt_names_include_local start_timeout storage_access_modes storage_capacity storage_class
        storage_extra_annotations storage_extra_labels storage_pvc_ensure storage_selector supplemental_gids
        tolerations uid user_namespace_annotations user_namespace_labels user_namespace_template volume_mounts volumes
        working_dir
        """),
    PROXY: _names(
        "api_url auth_token check_running_interval command concurrency debug log_level pid_file should_start"
    ),
}
"""Settings that admit nobody, so that any value may come from the charts or from an operator.

What a notebook may do, as opposed to who starts it, is the subject of the policies (``privileged``, ``volumes``, …).
"""

REASONS: dict[str, dict[str, str]] = {
    HUB: {
        "admin_access": "decides whether admins enter the servers of other users",
        "admin_users": "admits its users as admins",
        "api_tokens": "admits everybody who knows a token, without a password",
        "authenticate_prometheus": "shows the hub's metrics without a log-in",
        "authenticator_class": "replaces the check of passwords and groups",
        "cookie_host_prefix_enabled": "sends the cookie of the log-in to every server of a user on the hub's host",
        "cookie_max_age_days": "lets log-ins outlast a removal from the group",
        "custom_scopes": "adds permissions",
        "extra_handlers": "adds pages to the hub that need not check a log-in",
        "jinja_environment_options": "can run code in the hub's pages, and show text of users as HTML",
        "load_groups": "adds users, and groups that may have permissions",
        "load_roles": "gives permissions to users",
        "logging_config": "can run code in the hub, and write passwords to the log",
        "oauth_token_expires_in": "lets log-ins of servers outlast a removal from the group",
        "service_tokens": "admits everybody who knows a token, without a password",
        "services": "adds accounts that may have permissions, and programs in the hub's pod",
        "spawner_class": "decides where users' programs run; in the hub's own pod they could read all secrets",
        "subdomain_hook": "decides which servers share an origin with each other and with the hub",
        "subdomain_host": "decides which servers share an origin with each other and with the hub",
        "token_expires_in_max_seconds": "lets API tokens outlast a removal from the group",
        "tornado_settings": "can replace every part of the hub, the authenticator too",
        "trust_user_provided_tokens": "accepts API tokens that users choose",
        "user_redirect_hook": "runs code for every visitor",
    },
    AUTHENTICATOR: {
        "admin_group": "makes its members admins",
        "admin_users": "admits its users, as admins",
        "allow_all": "admits every user of the directory",
        "allow_existing_users": "admits all users of the hub's database, also former members",
        "allowed_groups": "admits the members of its groups",
        "allowed_users": "admits its users",
        "attributes": "is read only by the log-in methods that are not supported here",
        "auth_refresh_age": "decides how often the hub checks that a log-in is still valid; 0 is never",
        "auth_state_attributes": "is read only by the log-in methods that are not supported here",
        "auto_login": "replaces the log-in form",
        "auto_login_oauth2_authorize": "logs users in without a page",
        "bind_dn_template": "decides whose password is checked",
        "compare_seconds": "decides how soon a removal in the directory ends the access",
        "dask_gpu_groups": "decides whose Dask clusters with GPUs end when a group is left",
        "dask_namespace": "decides whose Dask clusters end with the access",
        "delete_invalid_users": "deletes users when the hub starts",
        "enable_auth_state": "stores the log-in and its groups, on which later checks depend",
        "group_attributes": "decides what a membership is",
        "group_search_filter": "decides what a membership is",
        "log_in_lasts_seconds": "lets API tokens outlast a removal from the group",
        "lookup_dn": "replaces the entry whose password is checked",
        "lookup_dn_search_filter": "replaces the entry whose password is checked",
        "lookup_dn_search_password": "replaces the entry whose password is checked",
        "lookup_dn_search_user": "replaces the entry whose password is checked",
        "lookup_dn_user_dn_attribute": "replaces the entry whose password is checked",
        "manage_groups": "decides whether groups of users come from the directory only",
        "manage_roles": "replaces the permissions of users",
        "nested_groups": "admits members of groups in the groups",
        "post_auth_hook": "can replace the user's name, groups and admin flag after the check",
        "profile_groups": "decides which of FreeIPA's own groups the hub knows",
        "read_dn": "decides whether users are compared with the directory, and who reads it",
        "read_password_file": "decides whether users are compared with the directory, and who reads it",
        "refresh_pre_spawn": "decides whether a log-in is checked again before a server starts",
        "refresh_pre_stop": "decides whether a log-in is checked again before a server stops",
        "request_otp": "asks for a code in a field of its own, but FreeIPA expects it behind the password",
        "reset_managed_roles_on_startup": "replaces the permissions of users",
        "search_filter": "replaces the check of groups",
        "server_address": "names the directory that is believed",
        "server_port": "names the directory that is believed",
        "servers": "names the directory that is believed",
        "sizes": "decides the size of users' servers and homes",
        "tls_kwargs": "decides which server is believed to be the directory",
        "tls_strategy": "decides whether passwords are encrypted on their way to the directory",
        "use_lookup_dn_username": "replaces the name of the user",
        "use_ssl": "decides whether passwords are encrypted on their way to the directory",
        "user_attribute": "replaces the entry whose password is checked",
        "user_search_base": "replaces the entry whose password is checked",
        "username_map": "gives a user the account of another one",
        "username_pattern": "decides which names are valid",
        "valid_username_regex": "decides which names are valid",
        "whitelist": "admits its users",
    },
    SPAWNER: {
        "after_pod_created_hook": "runs code in the hub at every start of a server",
        "apply_user_options": "lets users change the settings of their server",
        "args": "can switch off the log-in of a user's server",
        "auth_state_hook": "runs code in the hub at every start of a server",
        "automount_service_account_token": "gives servers an account of the cluster",
        "cmd": "can start a server that does not ask for a log-in",
        "env_keep": "can give users' servers the secrets in the hub's environment",
        "environment": "can change who may enter a user's server",
        "extra_container_config": "can change every other setting of the container",
        "extra_pod_config": "can change every other setting of the pod",
        "get_pod_url": "can route users to another server",
        "group_overrides": "changes the settings of some users' servers",
        "hub_connect_ip": "makes servers ask another hub who may enter",
        "hub_connect_port": "makes servers ask another hub who may enter",
        "hub_connect_url": "makes servers ask another hub who may enter",
        "modify_pod_hook": "can change every other setting of the pod",
        "oauth_client_allowed_scopes": "gives servers permissions of their visitors",
        "oauth_roles": "gives servers permissions of their visitors",
        "options_form": "runs code in the hub at every start of a server",
        "options_from_form": "runs code in the hub at every start of a server",
        "post_stop_hook": "runs code in the hub at every stop of a server",
        "pre_spawn_hook": "runs code in the hub at every start of a server",
        "profile_list": "changes the settings of servers",
        "progress_ready_hook": "runs code in the hub at every start of a server",
        "server_token_scopes": "gives servers permissions of their users",
        "service_account": "gives servers an account of the cluster",
        "services_enabled": "creates services with names that others may expect",
    },
    PROXY: {"extra_routes": "routes visitors past the hub"},
}
"""Settings that have an influence on who is admitted, and which one."""

CEILINGS = frozenset(
    {"auth_refresh_age", "cookie_max_age_days", "oauth_token_expires_in", "token_expires_in_max_seconds"}
)
"""Durations of log-ins: shorter than declared is allowed. So is a setting of the authenticator named ``…_seconds``."""

SECRET = frozenset({"api_tokens", "service_tokens", "services", "lookup_dn_search_password", "environment"})
"""Settings whose values may contain secrets; messages do not show them."""

TORNADO_SETTINGS = frozenset({"slow_spawn_timeout", "slow_stop_timeout"})
"""Keys of ``tornado_settings`` that admit nobody; the chart sets the first."""

SERVER_COMMANDS = ("jupyterhub-singleuser",)
"""Commands of servers that ask their visitors for the hub's log-in."""

HOOKS = _names(
    "after_pod_created_hook auth_state_hook modify_pod_hook options_from_form post_stop_hook pre_spawn_hook "
    "progress_ready_hook"
)
"""Settings of servers that are code, which may only be the program's."""

SERVER_VARIABLES = ("JUPYTERHUB_", "JPY_", "JUPYTER_CONFIG", "JUPYTER_SERVER_CONFIG")
"""Prefixes of environment variables that configure a server's log-in. Values of ``environment`` override the hub's."""

POD_KEYS = frozenset({"serviceAccountName", "serviceAccount", "automountServiceAccountToken", "containers"})
"""Keys of ``extra_pod_config`` that could change who may enter a server, or its account in the cluster."""

CONTAINER_KEYS = frozenset({"command", "args", "env", "envFrom"})
"""Keys of ``extra_container_config`` of the same kind."""
