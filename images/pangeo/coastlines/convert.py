"""Write Natural Earth's coastlines, land, ocean and borders as the shapefiles in which cartopy looks for them.

    python convert.py <folder of the npm package world-atlas> <target folder>

Cartopy reads ``<CARTOPY_DATA_DIR>/shapefiles/natural_earth/<category>/ne_<scale>_<name>.shp`` and downloads a file
that is not there. The package world-atlas has Natural Earth's countries and land as TopoJSON, whose rings cross the
antimeridian and enclose the South Pole; a map in degrees needs them cut there.

TopoJSON: https://github.com/topojson/topojson-specification
"""

import json
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import geopandas
import numpy
import shapely
from shapely import LineString, MultiPolygon, Polygon

SCALES = ("110m", "50m", "10m")
WORLD = shapely.box(-180, -90, 180, 90)
EDGE = 1e-3
"""Distance in degrees from the antimeridian or the pole within which a line is a cut of the map, not a coast."""
FEWEST_POINTS = 4
"""Points of a ring that encloses an area, with the first repeated at its end. Rounding left fewer of a tiny island."""
DATE = "2019-01-01"
"""Date in the files. With that of the build, every day's build would have another layer of the same coastlines."""


def arcs(topology: dict[str, Any]) -> list[numpy.ndarray]:
    """Return the topology's lines in degrees; each is stored as differences of integers."""
    transform = topology["transform"]
    scale, offset = numpy.array(transform["scale"]), numpy.array(transform["translate"])
    return [numpy.cumsum(numpy.array(arc), axis=0) * scale + offset for arc in topology["arcs"]]


def join(ring: Iterable[int], lines: list[numpy.ndarray]) -> numpy.ndarray:
    """Return a ring's points; a negative number is the complement of the number of a reversed line."""
    parts = [lines[number] if number >= 0 else lines[~number][::-1] for number in ring]
    return numpy.concatenate([parts[0], *(part[1:] for part in parts[1:])])


def unwrap(points: numpy.ndarray) -> numpy.ndarray:
    """Return the points with longitudes beyond ±180 degrees instead of jumps at the antimeridian."""
    return numpy.column_stack([numpy.unwrap(points[:, 0], period=360), points[:, 1]])


def rewrap(shape: shapely.Geometry) -> shapely.Geometry:
    """Return the parts of a shape in each turn of the Earth, moved to longitudes from -180 to 180 degrees."""
    turns = [shapely.transform(shape, lambda xy, by=turn: xy + numpy.array([by, 0])) for turn in (-360, 0, 360)]
    # What only touches the antimeridian in a turn has no length or area there.
    pieces = shapely.get_parts(shapely.get_parts([turn.intersection(WORLD) for turn in turns]))
    return shapely.union_all([each for each in pieces if shapely.get_dimensions(each) == shapely.get_dimensions(shape)])


def area(ring: numpy.ndarray) -> shapely.Geometry:
    """Return the area inside a ring. A ring around the South Pole is closed along it."""
    if len(ring) < FEWEST_POINTS:
        return Polygon()
    points = unwrap(ring)
    if abs(points[-1, 0] - points[0, 0]) > 180:
        points = numpy.concatenate([points, [[points[-1, 0], -90], [points[0, 0], -90]]])
    return rewrap(Polygon(points).buffer(0))


def rings(geometry: dict[str, Any]) -> Iterator[list[list[int]]]:
    """Return the polygons of a geometry: each is its outer ring and its holes."""
    if geometry["type"] == "GeometryCollection":
        for inner in geometry["geometries"]:
            yield from rings(inner)
    elif geometry["type"] == "MultiPolygon":
        yield from geometry["arcs"]
    elif geometry["type"] == "Polygon":
        yield geometry["arcs"]


def polygons(geometry: dict[str, Any], lines: list[numpy.ndarray]) -> shapely.Geometry:
    """Return a geometry's area as polygons in degrees."""
    found = []
    for outer, *holes in rings(geometry):
        shape = area(join(outer, lines))
        for hole in holes:
            shape = shape.difference(area(join(hole, lines)))
        found.append(shape)
    return MultiPolygon(list(shapely.get_parts(shapely.union_all(found))))


def lines_on_map(line: numpy.ndarray) -> shapely.Geometry:
    """Return a line without its segments on the edge of the map."""
    points = unwrap(line)
    start, end = points[:-1], points[1:]
    on_edge = (abs(abs(start[:, 0]) - 180) < EDGE) & (abs(abs(end[:, 0]) - 180) < EDGE)
    on_edge |= (start[:, 1] < EDGE - 90) & (end[:, 1] < EDGE - 90)
    segments = [LineString([a, b]) for a, b, edge in zip(start, end, on_edge, strict=True) if not edge]
    return rewrap(shapely.line_merge(shapely.union_all(segments))) if segments else shapely.MultiLineString()


def write(target: Path, scale: str, category: str, name: str, frame: geopandas.GeoDataFrame) -> None:
    """Write one shapefile."""
    folder = target / "shapefiles" / "natural_earth" / category
    folder.mkdir(parents=True, exist_ok=True)
    frame = frame[~frame.geometry.is_empty]
    frame.to_file(folder / f"ne_{scale}_{name}.shp", engine="pyogrio", DBF_DATE_LAST_UPDATE=DATE)


def frame(shapes: Iterable[shapely.Geometry], **columns: list[str]) -> geopandas.GeoDataFrame:
    """Return shapes, in degrees, with their attributes."""
    return geopandas.GeoDataFrame(columns, geometry=list(shapes), crs="EPSG:4326")


def convert(topology: dict[str, Any], scale: str, target: Path) -> None:
    """Write the shapefiles of one scale. A line between two countries is a border, any other is a coast."""
    countries = topology["objects"]["countries"]["geometries"]
    lines = arcs(topology)
    uses = Counter(
        number if number >= 0 else ~number
        for country in countries
        for polygon in rings(country)
        for ring in polygon
        for number in ring
    )
    coasts = [lines_on_map(lines[number]) for number, count in uses.items() if count == 1]
    borders = [lines_on_map(lines[number]) for number, count in uses.items() if count > 1]
    names = [country["properties"]["name"] for country in countries]
    land = polygons(topology["objects"]["land"], lines)
    write(target, scale, "physical", "coastline", frame(coasts, featurecla=["Coastline"] * len(coasts)))
    write(target, scale, "physical", "land", frame(land.geoms, featurecla=["Land"] * len(land.geoms)))
    write(target, scale, "physical", "ocean", frame([WORLD.difference(land)], featurecla=["Ocean"]))
    write(
        target, scale, "cultural", "admin_0_boundary_lines_land", frame(borders, FEATURECLA=["Border"] * len(borders))
    )
    write(target, scale, "cultural", "admin_0_countries", frame((polygons(c, lines) for c in countries), NAME=names))


if __name__ == "__main__":
    atlas, destination = map(Path, sys.argv[1:])
    for each in SCALES:
        convert(json.loads((atlas / f"countries-{each}.json").read_text()), each, destination)
