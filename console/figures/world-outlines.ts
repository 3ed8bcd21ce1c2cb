/** A country as the map draws it: its ISO 3166-1 alpha-2 code, '' where it has none, and its outline as SVG path. */
export type Country = { readonly code: string; readonly name: string; readonly path: string };

/** The part of TopoJSON (its specification, 2.1) that the outlines use: polygons over shared, quantized arcs. */
export type Topology = {
  readonly transform: { readonly scale: readonly [number, number]; readonly translate: readonly [number, number] };
  readonly arcs: readonly (readonly (readonly [number, number])[])[];
  readonly objects: { readonly countries: { readonly geometries: readonly Geometry[] } };
};
type Geometry = {
  readonly type: string;
  readonly id?: string | number;
  readonly properties: { readonly name: string };
  readonly arcs?: readonly (readonly (number | readonly number[])[])[];
};

/** Width of the map, and its height: what is south of 58° and north of 84° is left out. */
export const MAP_WIDTH = 960;
const NORTH = 84;
const SOUTH = -58;
const SCALE = MAP_WIDTH / 360;
export const MAP_HEIGHT = Math.round((NORTH - SOUTH) * SCALE);

/** Where a place is on the map; the projection is equirectangular. */
export function pointOf(latitude: number, longitude: number): { readonly x: number; readonly y: number } {
  return { x: (longitude + 180) * SCALE, y: (NORTH - latitude) * SCALE };
}

/** The outlines of all countries but Antarctica, which no payment comes from. */
export function countriesOf(topology: Topology): readonly Country[] {
  const lines = topology.arcs.map((arc) => placesOf(arc, topology.transform));
  return topology.objects.countries.geometries.flatMap((geometry) => {
    const { id = '', properties, arcs = [], type } = geometry;
    if (id === '010') return [];
    const rings = type === 'Polygon' ? [arcs] : arcs;
    const path = rings
      .flat()
      .map((ring) => pathOf(numbersOf(ring), lines))
      .join('');
    return [{ code: alphaCodeOf(String(id)), name: properties.name, path }];
  });
}

/** The alpha-2 code of a numeric one: CLDR has the numeric codes as aliases of regions. */
function alphaCodeOf(numeric: string): string {
  try {
    const code = new Intl.Locale(`und-${numeric.padStart(3, '0')}`).maximize().region ?? '';
    return /^[A-Z]{2}$/.test(code) ? code : '';
  } catch {
    return '';
  }
}

function placesOf(arc: readonly (readonly [number, number])[], transform: Topology['transform']): string[] {
  let [x, y] = [0, 0];
  return arc.map(([dx, dy]) => {
    x += dx;
    y += dy;
    const longitude = x * transform.scale[0] + transform.translate[0];
    const latitude = y * transform.scale[1] + transform.translate[1];
    const point = pointOf(latitude, longitude);
    return `${point.x.toFixed(1)},${point.y.toFixed(1)}`;
  });
}

/** A ring is a list of arcs; a negative number is an arc backwards, in ones' complement. */
function pathOf(ring: readonly number[], lines: readonly (readonly string[])[]): string {
  const places = ring.flatMap((index, turn) => {
    const line = index < 0 ? (lines[~index]?.toReversed() ?? []) : (lines[index] ?? []);
    return turn === 0 ? line : line.slice(1);
  });
  return withoutSeams(places);
}

/** A ring that goes around the edge of the map is broken there: no line may run across the whole of it. */
function withoutSeams(places: readonly string[]): string {
  let path = '';
  let beforeX = Number.NaN;
  for (const place of places) {
    const x = Number.parseFloat(place);
    path += `${path === '' || Math.abs(x - beforeX) > MAP_WIDTH / 2 ? 'M' : 'L'}${place}`;
    beforeX = x;
  }
  return `${path}Z`;
}

function numbersOf(ring: number | readonly number[] | readonly (number | readonly number[])[]): readonly number[] {
  return typeof ring === 'number' ? [ring] : ring.flatMap((part) => (typeof part === 'number' ? [part] : part));
}
