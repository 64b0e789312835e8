/**
 * What stands on and beside the synthetic road: upright pictures at a distance, drawn from far to near, each as wide and high
 * as the pinhole camera sees it.
 */

import type { SampleRandom } from "prewitt/data";
import { between } from "./noise.ts";
import { type Canvas, type Colour, paint } from "./road-canvas.ts";
import { HEIGHT, LANE, middleAt, type Road, WIDTH } from "./road-geometry.ts";

const OBSTACLE = 4;
const SURROUNDINGS = 0;

/** A place in an upright rectangle: u from −1 (left) to 1 (right), v from 0 (ground) to 1 (top); undefined where nothing is. */
type Look = (u: number, v: number) => Colour | undefined;

interface Thing {
  /** Metres ahead, and to the right of the middle of the road. */
  readonly z: number;
  readonly s: number;
  /** Width and height in metres. */
  readonly size: readonly [number, number];
  readonly kind: typeof OBSTACLE | typeof SURROUNDINGS;
  readonly look: Look;
}

/** Draws random things; fog hides far ones. */
export function drawThings(canvas: Canvas, road: Road, sky: Colour, sight: number, random: SampleRandom): void {
  const things = [
    ...Array.from({ length: random.integer(0, 9) }, () => besideRoad(random)),
    ...Array.from({ length: random.integer(0, 4) }, () => onRoad(random)),
  ];
  things.sort((a, b) => b.z - a.z);
  for (const thing of things) drawThing(canvas, road, thing, { sky, share: 1 - Math.exp(-thing.z / sight) });
}

function besideRoad(random: SampleRandom): Thing {
  const side = random.chance(0.5) ? 1 : -1;
  const place = { z: between(random, 7, 60), s: side * (LANE + between(random, 1.8, 14)), kind: SURROUNDINGS } as const;
  if (random.chance(0.3)) {
    const white = between(random, 0.5, 0.9);
    return {
      ...place,
      size: [0.2, 1.1],
      look: (_, v) => (v > 0.7 && v < 0.85 ? [0.1, 0.1, 0.1] : [white, white, white]),
    };
  }
  const green = between(random, 0.15, 0.4);
  const leaf: Colour = [green * between(random, 0.5, 1.1), green, green * 0.5];
  const dark = leaf.map((v) => 0.75 * v) as unknown as Colour;
  return {
    ...place,
    size: [between(random, 2, 5), between(random, 3, 8)],
    look: (u, v) => {
      if (u * u + ((v - 0.62) / 0.38) ** 2 < 1) return u > 0.2 ? dark : leaf;
      return Math.abs(u) < 0.1 && v < 0.4 ? [0.25, 0.18, 0.12] : undefined;
    },
  };
}

function onRoad(random: SampleRandom): Thing {
  const lane = random.chance(0.5) ? 1 : -1;
  const place = {
    z: between(random, 5, 35),
    s: lane * (LANE / 2 + between(random, -0.9, 0.9)),
    kind: OBSTACLE,
  } as const;
  const kind = random.integer(0, 4);
  if (kind === 0) return { ...place, size: [0.5, 0.8], look: coneLook };
  if (kind === 1) return { ...place, ...box(random) };
  return { ...place, s: lane * (LANE / 2 + between(random, -0.3, 0.3)), size: [1.8, 1.5], look: carLook(lane, random) };
}

const coneLook: Look = (u, v) => {
  if (v < 0.08) return [0.2, 0.12, 0.08];
  if (Math.abs(u) > 0.85 * (1 - v) + 0.08) return undefined;
  return v > 0.4 && v < 0.65 ? [0.92, 0.92, 0.9] : [0.95, 0.38, 0.08];
};

function box(random: SampleRandom): { size: readonly [number, number]; look: Look } {
  const tone = between(random, 0.35, 0.65);
  const board: Colour = [tone, tone * 0.78, tone * 0.52];
  const edge: Colour = [tone * 0.6, tone * 0.45, tone * 0.3];
  return {
    size: [between(random, 0.6, 1.4), between(random, 0.5, 1.2)],
    look: (u, v) => (Math.abs(u) > 0.88 || v > 0.9 || Math.abs(v - 0.5) < 0.06 ? edge : board),
  };
}

/** From behind in our lane, with red lights; from the front in the other, with white ones. */
function carLook(lane: number, random: SampleRandom): Look {
  const body: Colour = [between(random, 0.08, 0.9), between(random, 0.08, 0.9), between(random, 0.08, 0.9)];
  const lamp: Colour = lane > 0 ? [0.85, 0.08, 0.06] : [1, 1, 0.85];
  return (u, v) => {
    const side = Math.abs(u);
    if (v < 0.2) return side > 0.62 && side < 0.95 ? [0.04, 0.04, 0.05] : v > 0.12 ? [0.1, 0.1, 0.1] : undefined;
    if (v < 0.62) return v > 0.42 && v < 0.56 && side > 0.68 ? lamp : body;
    const slope = 0.98 - 0.55 * (v - 0.62);
    if (side > slope) return undefined;
    return v < 0.92 && side < slope - 0.14 ? [0.12, 0.15, 0.2] : body;
  };
}

/** Fills the pixels whose centres lie in the thing's rectangle, and covers far things with fog. */
function drawThing(
  canvas: Canvas,
  road: Road,
  { z, s, size, kind, look }: Thing,
  fog: { readonly sky: Colour; readonly share: number },
): void {
  const scale = road.focal / z;
  const column = road.centre + scale * (middleAt(road, z) + s);
  const ground = road.horizon + scale * road.height;
  const [half, height] = [(scale * size[0]) / 2, scale * size[1]];
  for (let y = Math.max(0, Math.ceil(ground - height - 0.5)); y < Math.min(HEIGHT, ground - 0.5); y++) {
    const v = (ground - y - 0.5) / height;
    for (let x = Math.max(0, Math.ceil(column - half - 0.5)); x < Math.min(WIDTH, column + half - 0.5); x++) {
      const colour = look((x + 0.5 - column) / half, v);
      if (colour === undefined) continue;
      const at = y * WIDTH + x;
      paint(canvas, at, colour);
      paint(canvas, at, fog.sky, fog.share);
      canvas.mask[at] = kind;
    }
  }
}
