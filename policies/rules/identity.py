"""Log-in: its users, and the check of their passwords. Log-in fails closed."""

from collections.abc import Iterator, Mapping

from policies import traits
from policies.kinds import AUTHENTICATORS, GROUP, RELEASE, class_settings, gateway_values, hub_values
from policies.rule import STRINGS, Context, Resource, Rule, Setting
from policies.tree import as_list, format_value, get

DIRECTORY_CLASSES = (
    "ldap",
    "ldapauthenticator.LDAPAuthenticator",
    "components.in_hub.authenticator.FreeIpaAuthenticator",
)
"""JupyterHub's names for LDAPAuthenticator and for the project's subclass of it."""

CERT_REQUIRED = 2
"""``ssl.CERT_REQUIRED``, the value of ldap3's ``validate``. Without it, ldap3 verifies no certificate."""

VERIFIED_STRATEGIES = ("on_connect", "before_bind")
"""LDAPAuthenticator's names for LDAPS and for StartTLS before the password is sent."""


def _check_authenticator(release: Resource, context: Context) -> Iterator[str]:
    name = get(hub_values(release, context), "hub", "config", "JupyterHub", "authenticator_class")
    if name is None:
        yield "hub.config.JupyterHub.authenticator_class is not set; the chart's default, dummy, accepts any password"
    elif name not in DIRECTORY_CLASSES:
        yield (
            f"hub.config.JupyterHub.authenticator_class is {format_value(name)}, which does not check passwords in the "
            "directory"
        )
    dask = gateway_values(release, context)
    auth_type = get(dask, "gateway", "auth", "type")
    if dask is not None and auth_type != "jupyterhub":
        yield (
            f"dask-gateway.gateway.auth.type is {format_value(auth_type)}, not jupyterhub: the gateway would accept "
            "any user name without a check"
        )


def _check_groups(release: Resource, context: Context) -> Iterator[str]:
    for path, value in class_settings(release, context, AUTHENTICATORS, "allow_all").items():
        if value is not False:
            yield f"{path} is {format_value(value)}: every user of the directory could log in"
    tenancy = context.tenancy
    expected = [dn for dn in (tenancy.notebook_users_group_dn, tenancy.admin_group_dn) if dn]
    allowed = class_settings(release, context, AUTHENTICATORS, "allowed_groups")
    if not allowed:
        yield "hub.config.LDAPAuthenticator.allowed_groups is not set: group membership would not be checked"
    for path, value in allowed.items():
        groups = as_list(value)
        if not groups:
            yield f"{path} is empty: group membership would not be checked"
        elif tenancy.notebook_users_group_dn not in groups:
            yield f"{path} does not contain the tenancy's group {tenancy.notebook_users_group_dn}"
        for group in groups:
            if group not in expected:
                yield f"{path} contains {group}, which is not {' or '.join(expected)}"
    # JupyterHub treats its admins as allowed users.
    admins = sorted(tenancy.identity.admin_users)
    for trait in ("allowed_users", "admin_users"):
        for path, value in class_settings(release, context, AUTHENTICATORS, trait).items():
            if sorted(as_list(value)) != admins:
                names = ", ".join(as_list(value)) or "nobody"
                yield f"{path} contains {names}; for pangeo:identity.adminUsers it must be {', '.join(admins)}"
    for path, value in class_settings(release, context, AUTHENTICATORS, "admin_group").items():
        if value != (tenancy.admin_group_dn or ""):
            expected_group = tenancy.admin_group_dn or "empty"
            yield f"{path} is {format_value(value)}; for pangeo:identity.adminGroup it must be {expected_group}"


def _check_existing_users(release: Resource, context: Context) -> Iterator[str]:
    found = class_settings(release, context, AUTHENTICATORS, "allow_existing_users")
    if not found:
        yield (
            "hub.config.Authenticator.allow_existing_users is not set; JupyterHub's default is true where users are "
            "allowed by name"
        )
    for path, value in found.items():
        if value is not False:
            yield f"{path} is {format_value(value)}: users who left the group could still log in"


def _check_directory_tls(resource: Resource, context: Context) -> Iterator[str]:
    if resource.type == GROUP.type:
        tls = get(resource.props, "tls")
        if tls not in ("ldaps", "starttls"):
            yield f"tls is {format_value(tls)}; the password of the program's account would be sent unencrypted"
        return
    strategies = class_settings(resource, context, AUTHENTICATORS, "tls_strategy")
    if not strategies:
        yield "hub.config.LDAPAuthenticator.tls_strategy is not set"
    for path, value in strategies.items():
        if value not in VERIFIED_STRATEGIES:
            yield f"{path} is {format_value(value)}; passwords would be sent unencrypted"
    options = class_settings(resource, context, AUTHENTICATORS, "tls_kwargs")
    if not options:
        yield "hub.config.LDAPAuthenticator.tls_kwargs is not set; ldap3 would accept any certificate"
    for path, kwargs in options.items():
        if get(kwargs, "validate") != CERT_REQUIRED:
            yield (
                f"{path}.validate is {format_value(get(kwargs, 'validate'))}, not {CERT_REQUIRED} (ssl.CERT_REQUIRED): "
                "any server could impersonate the directory and read passwords"
            )


def _check_settings(release: Resource, context: Context) -> Iterator[str]:
    config = get(hub_values(release, context), "hub", "config", default={})
    for class_name in config:
        known = traits.trait_names(class_name)
        if known is None:
            suggestion = traits.suggest(class_name, traits.class_names())
            yield f"hub.config.{class_name} is not a class of this hub{suggestion}"
            continue
        for name in get(config, class_name, default={}):
            if name in known:
                continue
            snake = traits.to_snake_case(name)
            problem = (
                f"is in camelCase; write {snake}"
                if snake in known and snake != name
                else f"is not a setting of {class_name}{traits.suggest(snake, known)}"
            )
            yield f"hub.config.{class_name}.{name} {problem}. The hub would ignore it"


def _check_hub_code(release: Resource, context: Context) -> Iterator[str]:
    from components.chart.logo import LOGO_KEY, is_logo
    from components.chart.values import chart_values  # imports pydantic, which loads at the same time as the program

    reviewed = chart_values(context.tenancy)["jupyterhub"]["hub"]
    hub = get(hub_values(release, context), "hub", default={})
    for part in ("extraConfig", "extraFiles"):
        pieces = get(hub, part, default={})
        for name in pieces:
            if name in reviewed[part]:
                # The logo of a pull request is not in this checkout.
                is_free = name == LOGO_KEY and is_logo(get(pieces[name], "stringData"))
                if not is_free and not _is_same(pieces[name], reviewed[part][name]):
                    yield f"hub.{part}.{name} differs from the code in this checkout"
            elif name not in context.settings["furtherPieces"]:
                yield (
                    f"hub.{part}.{name} is not part of this project; it runs in the hub and can change which users may "
                    "log in"
                )
        for name in reviewed[part]:
            if name not in pieces:
                yield f"hub.{part}.{name} is missing"
    yield from _check_gateway_code(release, context)
    if get(hub, "existingSecret"):
        yield "hub.existingSecret is set; its values do not appear in a preview"


def _check_gateway_code(release: Resource, context: Context) -> Iterator[str]:
    from components.chart.values import chart_values

    values = gateway_values(release, context)
    if values is None:
        return
    reviewed = get(chart_values(context.tenancy)["dask-gateway"], "gateway", "extraConfig", default={})
    pieces = get(values, "gateway", "extraConfig", default={})
    if not isinstance(pieces, Mapping):
        yield "gateway.extraConfig is one text; its pieces need names"
        return
    for name in pieces:
        if name not in reviewed and name not in context.settings["furtherPieces"]:
            yield (
                f"gateway.extraConfig.{name} is not part of this project; it runs in the Dask gateway and can change "
                "images, variables and volumes of users' pods"
            )
        elif name in reviewed and pieces[name] != reviewed[name]:
            yield f"gateway.extraConfig.{name} differs from the code in this checkout"
    for name in reviewed:
        if name not in pieces:
            yield f"gateway.extraConfig.{name} is missing"


def _is_same(found: object, reviewed: object) -> bool:
    if isinstance(reviewed, dict):
        return all(get(found, key) == value for key, value in reviewed.items())
    return found == reviewed


def _check_group_name(group: Resource, context: Context) -> Iterator[str]:
    name, expected = get(group.props, "name"), context.tenancy.notebook_users_group
    if name != expected:
        yield (
            f"name is {format_value(name)}; for pangeo:clusterName {context.tenancy.cluster_name} it must be {expected}"
        )


RULES = (
    Rule(
        "log-in-by-directory",
        "The hub checks every password in the FreeIPA directory, and the Dask gateway checks users with the hub",
        "The defaults of both charts are for demonstrations: they accept any user name.",
        "Restore the program's values, authenticator_class ldap and auth.type jupyterhub. No configuration key sets "
        "them.",
        "critical",
        kinds=(RELEASE,),
        check=_check_authenticator,
    ),
    Rule(
        "log-in-by-group",
        "Only members of the tenancy's group, members of the admins' group and the named admins may log in",
        "Without a group, or with allow_all, every user of the directory could use the hub.",
        "Add users to the FreeIPA group <clusterName>_notebook_users; name admins in pangeo:identity.adminUsers or "
        "pangeo:identity.adminGroup.",
        "critical",
        kinds=(RELEASE,),
        check=_check_groups,
    ),
    Rule(
        "no-allow-existing-users",
        "Existing users are not admitted automatically",
        "JupyterHub's default admits every user in its database, so leaving the group would have no effect.",
        "Restore the program's value, allow_existing_users false. No configuration key sets it.",
        "critical",
        kinds=(RELEASE,),
        check=_check_existing_users,
    ),
    Rule(
        "verified-directory-tls",
        "Every connection to the directory is encrypted, and the server's certificate is verified",
        "Passwords of the users and of the program's account are sent over this connection.",
        "Set pangeo:identity.tls to ldaps or starttls, and pangeo:identity.caCertificate to the authority's "
        "certificate.",
        "critical",
        kinds=(RELEASE, GROUP),
        check=_check_directory_tls,
    ),
    Rule(
        "known-settings",
        "Every setting in hub.config exists in the classes that this hub runs",
        "JupyterHub ignores unknown settings without a warning: a misspelt allowed_groups would admit every user.",
        "Correct the name as the message suggests. No configuration key adds settings to hub.config. After an upgrade "
        "of the hub's packages, run python -m policies.traits.",
        "critical",
        kinds=(RELEASE,),
        check=_check_settings,
    ),
    Rule(
        "reviewed-hub-code",
        "The hub and the Dask gateway run only the configuration code of this checkout",
        "Code in extraConfig runs last and can override every setting that the other rules check.",
        "Remove the code, or list it in this rule's setting furtherPieces once it has been reviewed. No configuration "
        "key adds code to the hub or the gateway.",
        "critical",
        kinds=(RELEASE,),
        settings=(
            Setting(
                "furtherPieces",
                "Reviewed names in hub.extraConfig and hub.extraFiles, and in the Dask gateway's extraConfig",
                STRINGS,
                [],
            ),
        ),
        check=_check_hub_code,
    ),
    Rule(
        "group-name",
        "The users' group is <clusterName>_notebook_users, in lower case, with _ for each -",
        "FreeIPA administrators expect this name, and it is different for every tenancy.",
        "Change pangeo:clusterName for another name. No configuration key sets the group's name itself.",
        "high",
        kinds=(GROUP,),
        check=_check_group_name,
    ),
)
