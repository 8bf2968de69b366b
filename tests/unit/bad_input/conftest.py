from hypothesis import HealthCheck, settings

settings.register_profile(
    "unit",
    derandomize=True,  # the same cases on every machine; `make fuzz` searches for new ones
    database=None,
    deadline=None,
    max_examples=100,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
settings.load_profile("unit")
