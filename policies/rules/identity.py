"""Who may log in, and how their password is checked. Log-in fails closed."""

from collections.abc import Iterator

from components.chart.mounted_code import hub_code
from components.freeipa.names import group_dn, notebook_users_group
from policies import traits
from policies.kinds import AUTHENTICATORS, GROUP, RELEASE, gateway, given, hub
from policies.rule import TEXTS, Context, Resource, Rule, Setting
from policies.tree import at, shown, texts

DIRECTORY_CLASSES = (
    "ldap",
    "ldapauthenticator.LDAPAuthenticator",
    "components.in_hub.authenticator.FreeIpaAuthenticator",
)
"""JupyterHub's names for LDAPAuthenticator, and for the project's own on top of it."""

CERT_REQUIRED = 2
"""``ssl.CERT_REQUIRED``, which is what ldap3 takes as ``validate``. Without it, it verifies nothing."""

VERIFIED_STRATEGIES = ("on_connect", "before_bind")
"""LDAPAuthenticator's names for LDAPS and for StartTLS before the password is sent."""


def _by_the_directory(release: Resource, _: Context) -> Iterator[str]:
    name = at(hub(release), "hub", "config", "JupyterHub", "authenticator_class")
    if name is None:
        yield "hub.config.JupyterHub.authenticator_class is not set; the chart's own is dummy, which takes any password"
    elif name not in DIRECTORY_CLASSES:
        yield f"hub.config.JupyterHub.authenticator_class is {shown(name)}, which does not ask the directory"
    dask = gateway(release)
    kind = at(dask, "gateway", "auth", "type")
    if dask is not None and kind != "jupyterhub":
        yield (
            f"dask-gateway.gateway.auth.type is {shown(kind)}, not jupyterhub: the gateway would believe any name that "
            "it is told"
        )


def _for_a_group(release: Resource, context: Context) -> Iterator[str]:
    for where, value in given(release, AUTHENTICATORS, "allow_all").items():
        if value is not False:
            yield f"{where} is {shown(value)}: everybody with a password in the directory could log in"
    cluster_name = context.text("clusterName")
    if not cluster_name:
        yield "pangeo:clusterName is not in the stack's configuration, so the group that may log in is not known"
        return
    identity = context.group("identity")
    group = notebook_users_group(cluster_name)
    may = {group, *texts(identity.get("adminGroup"))}
    allowed = given(release, AUTHENTICATORS, "allowed_groups")
    if not allowed:
        yield "hub.config.LDAPAuthenticator.allowed_groups is not set: group membership would not be asked"
    for where, groups in allowed.items():
        names = [_group_of(dn) for dn in texts(groups)]
        if not names:
            yield f"{where} is empty: group membership would not be asked"
        elif group not in names:
            yield f"{where} does not hold the tenancy's group {group}"
        for name in names:
            if name not in may:
                yield f"{where} holds {shown(name)}, which is not {' or '.join(sorted(may))}"
    admins = texts(identity.get("adminUsers")) or ["admin"]
    for where, users in given(release, AUTHENTICATORS, "allowed_users").items():
        strangers = [user for user in texts(users) if user not in admins]
        if strangers:
            yield f"{where} lets {', '.join(strangers)} in by name; only {', '.join(admins)} may be"


def _group_of(dn: str) -> str:
    """The name of a group where FreeIPA keeps groups; of any other entry the whole DN."""
    name = dn.partition(",")[0].partition("=")[2]
    return name if dn.startswith(group_dn("", name)) else dn


def _not_by_history(release: Resource, _: Context) -> Iterator[str]:
    found = given(release, AUTHENTICATORS, "allow_existing_users")
    if not found:
        yield (
            "hub.config.Authenticator.allow_existing_users is not set; JupyterHub's own is true as soon as users are "
            "allowed by name"
        )
    for where, value in found.items():
        if value is not False:
            yield f"{where} is {shown(value)}: who left the group could go on logging in"


def _verified(resource: Resource, _: Context) -> Iterator[str]:
    if resource.type == GROUP.type:
        tls = at(resource.props, "tls")
        if tls not in ("ldaps", "starttls"):
            yield f"tls is {shown(tls)}; the program's own password would be sent in the clear"
        return
    strategies = given(resource, AUTHENTICATORS, "tls_strategy")
    if not strategies:
        yield "hub.config.LDAPAuthenticator.tls_strategy is not set"
    for where, value in strategies.items():
        if value not in VERIFIED_STRATEGIES:
            yield f"{where} is {shown(value)}; passwords would be sent in the clear"
    options = given(resource, AUTHENTICATORS, "tls_kwargs")
    if not options:
        yield "hub.config.LDAPAuthenticator.tls_kwargs is not set; ldap3 would take any certificate"
    for where, kwargs in options.items():
        if at(kwargs, "validate") != CERT_REQUIRED:
            yield (
                f"{where}.validate is {shown(at(kwargs, 'validate'))}, not {CERT_REQUIRED} (ssl.CERT_REQUIRED): any "
                "server could pass for the directory and read passwords"
            )


def _known_settings(release: Resource, _: Context) -> Iterator[str]:
    config = at(hub(release), "hub", "config", default={})
    for class_name in config:
        known = traits.of_class(class_name)
        if known is None:
            yield f"hub.config.{class_name} is no class of this hub{traits.hint(class_name, traits.classes())}"
            continue
        for name in at(config, class_name, default={}):
            if name in known:
                continue
            snake = traits.snake_case(name)
            said = (
                f"is in camelCase; write {snake}"
                if snake in known and snake != name
                else f"is no setting of {class_name}{traits.hint(snake, known)}"
            )
            yield f"hub.config.{class_name}.{name} {said}. The hub would ignore it"


def _reviewed_code(release: Resource, context: Context) -> Iterator[str]:
    ours, found = hub_code(), at(hub(release), "hub", default={})
    for part in ("extraConfig", "extraFiles"):
        pieces = at(found, part, default={})
        for name in pieces:
            if name in ours[part]:
                if not _same(pieces[name], ours[part][name]):
                    yield f"hub.{part}.{name} is not what components/chart/mounted_code.py makes of this checkout"
            elif name not in context.settings["furtherPieces"]:
                yield f"hub.{part}.{name} is not of this project; it runs in the hub and can change who may log in"
        for name in ours[part]:
            if name not in pieces:
                yield f"hub.{part}.{name} is missing"
    if at(found, "existingSecret"):
        yield "hub.existingSecret brings values that no preview shows"


def _same(found: object, ours: object) -> bool:
    if isinstance(ours, dict):
        return all(at(found, key) == value for key, value in ours.items())
    return found == ours


def _group_name(group: Resource, context: Context) -> Iterator[str]:
    cluster_name, name = context.text("clusterName"), at(group.props, "name")
    if not cluster_name:
        yield "pangeo:clusterName is not in the stack's configuration, so the group's name cannot be checked"
    elif name != notebook_users_group(cluster_name):
        yield f"name is {shown(name)}; for the cluster {cluster_name} it is {notebook_users_group(cluster_name)}"


RULES = (
    Rule(
        "log-in-by-directory",
        "The hub asks the FreeIPA directory for every password, and the Dask gateway asks the hub",
        "Both charts come with log-in for demonstrations that takes any name.",
        "Leave authenticator_class to components/chart/values.py, which writes ldap.",
        "critical",
        on=(RELEASE,),
        find=_by_the_directory,
    ),
    Rule(
        "log-in-by-group",
        "Only members of the tenancy's group, the admins' group and the named admins may log in",
        "Without a group, or with allow_all, every account of the directory is a user of the hub.",
        "Put users into the group <clusterName>_notebook_users in FreeIPA; name admins in "
        "pangeo:identity.adminUsers or pangeo:identity.adminGroup.",
        "critical",
        on=(RELEASE,),
        find=_for_a_group,
    ),
    Rule(
        "no-allow-existing-users",
        "Who was let in once is not let in for that reason again",
        "JupyterHub's default admits whoever its database knows, so that leaving the group would change nothing.",
        "Set hub.config.Authenticator.allow_existing_users to false, as components/chart/values.py does.",
        "critical",
        on=(RELEASE,),
        find=_not_by_history,
    ),
    Rule(
        "verified-directory-tls",
        "Every connection to the directory is encrypted and the server's certificate verified",
        "Users' passwords, and the program's own, go over this connection.",
        "Use pangeo:identity.tls ldaps or starttls, and give the authority in pangeo:identity.caCertificate.",
        "critical",
        on=(RELEASE, GROUP),
        find=_verified,
    ),
    Rule(
        "known-settings",
        "Every setting in hub.config exists in the classes that this hub runs",
        "JupyterHub ignores what it does not know: a misspelt allowed_groups lets everybody in and says nothing.",
        "Write the setting as its class spells it. After an upgrade of the hub's packages: python -m policies.traits.",
        "critical",
        on=(RELEASE,),
        find=_known_settings,
    ),
    Rule(
        "reviewed-hub-code",
        "The hub runs this checkout's own configuration code and no other",
        "Code in hub.extraConfig runs last and can undo every setting that the other rules read.",
        "Change components/in_hub and let components/chart/mounted_code.py mount it; list a reviewed further piece in "
        "the setting furtherPieces.",
        "critical",
        on=(RELEASE,),
        settings=(Setting("furtherPieces", "Reviewed names in hub.extraConfig and hub.extraFiles", TEXTS, []),),
        find=_reviewed_code,
    ),
    Rule(
        "group-name",
        "The users' group is <clusterName>_notebook_users, in small letters with _ for -",
        "Administrators look for it by this name, and no two tenancies get the same.",
        "Leave the name to components/freeipa/names.py, which makes it from pangeo:clusterName.",
        "high",
        on=(GROUP,),
        find=_group_name,
    ),
)
