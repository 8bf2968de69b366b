"""Services in the hub's database from elsewhere than the configuration.

JupyterHub (5.5, ``app.py``) keeps services that an admin created with its API, which may have an admin's rights, and
every token that a service ever had, also after it was replaced in the configuration.
"""

from typing import Any

from jupyterhub import orm  # type: ignore[import-not-found,unused-ignore]


def forget_services(app: Any) -> None:  # noqa: ANN401 - JupyterHub has no types
    """Delete such services, and all services' tokens; JupyterHub then adds those of the configuration.

    Call it when the hub starts, between the opening of the database and the start of services.
    """
    for service in app.db.query(orm.Service).filter(orm.Service.from_config.is_(False)):
        app.log.warning("the service %s was deleted: it is not in the configuration", service.name)
        app.db.delete(service)
    app.db.query(orm.APIToken).filter(orm.APIToken.service_id.is_not(None)).delete()
    app.db.commit()
