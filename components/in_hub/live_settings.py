"""Settings of an object with traits."""

from collections.abc import Collection

from traitlets import HasTraits  # type: ignore[import-not-found,unused-ignore]

from components.in_hub.admission import Settings


def live_settings(owner: HasTraits, skipped: Collection[str]) -> Settings:
    """Return the value and the default of each configurable setting, except the skipped ones."""
    names = [name for name in owner.trait_names(config=True) if name not in skipped]
    return {name: (getattr(owner, name), owner.trait_defaults(name)) for name in names}
