"""The dashboard about homes, the hub's database and backups."""

from monitoring.panel import LARGEST, Dashboard, Panel, Query

HOMES = Dashboard(
    name="homes",
    title="Pangeo: homes and backups",
    description="Home volumes, the hub's database and their backups",
    panels=(
        Panel(
            title="Homes",
            kind="stat",
            unit="short",
            description="Home volumes, and those whose use was measured: homes are measured in their users' servers",
            queries=(
                Query("sum(pangeo_homes{$scope})", "homes"),
                Query("sum(pangeo_homes_measured{$scope})", "measured"),
            ),
            width=6,
            height=6,
        ),
        Panel(
            title="Homes that are nearly full",
            kind="stat",
            unit="short",
            description="Homes of which more than this part is used",
            queries=(Query("sum by (above) (pangeo_homes_full{$scope})", "more than {{above}}"),),
            width=6,
            height=6,
        ),
        Panel(
            title="Volume of the hub's database",
            kind="stat",
            unit="percentunit",
            description="Used part; of several tenancies, the fullest",
            queries=(
                Query(
                    "max(pangeo_hub_database_volume_used_bytes{$scope}"
                    " / pangeo_hub_database_volume_size_bytes{$scope})",
                    "used",
                ),
            ),
            width=6,
            height=6,
        ),
        Panel(
            title="Age of the oldest backup",
            kind="stat",
            unit="s",
            description="Of the volumes of each kind, the one whose newest backup is the oldest; a volume without one "
            "counts from its creation",
            queries=(Query("time() - min by (volumes) (pangeo_backup_timestamp_seconds{$scope})", "{{volumes}}"),),
            width=6,
            height=6,
        ),
        Panel(
            title="Size and use of all homes",
            kind="timeseries",
            unit="bytes",
            description="Size of the volumes, and what was used when they were last measured",
            queries=(
                Query("sum(pangeo_homes_size_bytes{$scope})", "size"),
                Query("sum(pangeo_homes_used_bytes{$scope})", "used"),
            ),
        ),
        Panel(
            title="Volumes with a backup",
            kind="timeseries",
            unit="short",
            description="Volumes with at least one known backup, by kind",
            queries=(Query("sum by (volumes) (pangeo_backed_up_volumes{$scope})", "{{volumes}}"),),
        ),
        Panel(
            title="Homes by group",
            kind="timeseries",
            unit="bytes",
            description="Used bytes of the homes of each group's members",
            queries=(Query("sum by (group) (pangeo_group_homes_used_bytes{$scope})", "{{group}}"),),
            only_with="perGroup",
        ),
        Panel(
            title="Fullest homes",
            kind="bargauge",
            unit="percentunit",
            description=f"The {LARGEST} users whose homes are fullest",
            queries=(
                Query(
                    f"topk({LARGEST}, sum by (user) (pangeo_user_home_used_bytes{{$scope}})"
                    " / sum by (user) (pangeo_user_home_size_bytes{$scope}))",
                    "{{user}}",
                ),
            ),
            only_with="perUser",
        ),
    ),
)
