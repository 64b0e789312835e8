/**
 * Synthetic views from a car, with a class for every pixel and the angle of the steering wheel: what the driving example
 * learns from.
 *
 * Two lanes with markings on flat ground, curved to either side; grass, sand or snow beside them; trees and posts; sky and
 * hills; other cars, boxes and cones on both lanes. Light, colour, fog and shadows on the road change from view to view.
 */

import { type Dataset, dataset, type NdArray, SampleRandom } from "prewitt/data";
import { addSmoothNoise, between, byteOf, newPlane, normalOf, smoothstep, type Words, wordsOf } from "./noise.ts";
import { type Canvas, type Colour, newCanvas, paint } from "./road-canvas.ts";
import { HEIGHT, LANE, middleAt, type Road, randomRoad, steeringOf, WIDTH } from "./road-geometry.ts";
import { drawThings } from "./road-things.ts";

export { HEIGHT, WIDTH } from "./road-geometry.ts";

/** Classes of pixels: all that is not on the road, our lane, the other lane with the shoulders, lines, things in the way. */
export const CLASSES = ["surroundings", "own lane", "other lane", "marking", "obstacle"] as const;
const GREY: Colour = [1, 1, 1.03];
const WHITE: Colour = [1, 1, 1];
/** Metres to the end of the road that is drawn. */
const FARTHEST = 80;
/** Visibilities of views, by how far fog lets one see. */
export const VISIBILITIES = ["clear", "hazy", "fog"] as const;

export interface RoadView {
  /** uint8 [3, H, W] */
  readonly image: NdArray<Uint8Array>;
  /** int32 [H, W]: class of each pixel. */
  readonly mask: NdArray<Int32Array>;
  /** float32 []: degrees of the steering wheel, to the right positive. */
  readonly steering: NdArray<Float32Array>;
  /** Number in `VISIBILITIES`. */
  readonly visibility: number;
}

/** Views that depend on their number and the seed alone, drawn once and kept: 43 KB each. */
export function roadViews({ samples, seed }: { readonly samples: number; readonly seed: number }): Dataset<RoadView> {
  return dataset(Array.from({ length: samples }, (_, i) => drawView(new SampleRandom(seed, 0, i))));
}

function drawView(random: SampleRandom): RoadView {
  const words = wordsOf(random);
  const road = randomRoad(random);
  const canvas = newCanvas();
  const light = between(random, 0.45, 1.1);
  const sky = skyColour(random);
  drawSky(canvas, road, sky, words, random);
  drawGround(canvas, road, words, random);
  const visibility = random.integer(0, VISIBILITIES.length);
  const sight = [400, 90, 40][visibility] as number;
  addFog(canvas, road, sky, sight);
  drawThings(canvas, road, sky, sight, random);
  return {
    image: { data: developed(canvas, light, random, words), shape: [3, HEIGHT, WIDTH] },
    mask: { data: canvas.mask, shape: [HEIGHT, WIDTH] },
    steering: { data: Float32Array.of(steeringOf(road)), shape: [] },
    visibility,
  };
}

function skyColour(random: SampleRandom): Colour {
  const grey = between(random, 0.6, 0.95);
  const blue = between(random, 0, 0.3);
  const warm = random.chance(0.25) ? between(random, 0.1, 0.25) : 0;
  return [grey - blue + warm, grey - 0.4 * blue, grey + 0.1 * blue - warm];
}

/** Sky, brighter towards the horizon, and hills before it. */
function drawSky(canvas: Canvas, road: Road, sky: Colour, words: Words, random: SampleRandom): void {
  const hills = newPlane(WIDTH, 1);
  addSmoothNoise(hills, between(random, 12, 40), between(random, 0, 16), words);
  const dark = between(random, 0.35, 0.7);
  const hill: Colour = [dark * 0.7, dark * 0.85, dark * 0.8];
  for (let y = 0; y < road.horizon; y++) {
    const high = 1 - y / road.horizon;
    for (let x = 0; x < WIDTH; x++) {
      const top = road.horizon - 2 - Math.max(0, hills.data[x] as number);
      if (y > top) paint(canvas, y * WIDTH + x, hill);
      else paint(canvas, y * WIDTH + x, sky, 1, 1 - 0.25 * high);
    }
  }
}

interface Ground {
  readonly verge: Colour;
  readonly asphalt: number;
  readonly white: number;
  /** Noise around 0: how rough the ground looks, and where shadows lie (above 0.3). */
  readonly rough: Float32Array;
  readonly shade: Float32Array;
  readonly dash: number;
  readonly solid: boolean;
  readonly edgeLines: boolean;
  readonly shoulder: number;
}

function drawGround(canvas: Canvas, road: Road, words: Words, random: SampleRandom): void {
  const verges: readonly Colour[] = [
    [0.25, 0.42, 0.16],
    [0.42, 0.44, 0.2],
    [0.58, 0.49, 0.34],
    [0.78, 0.8, 0.84],
  ];
  const rough = newPlane(WIDTH, HEIGHT);
  for (const cell of [2.5, 6]) addSmoothNoise(rough, cell, 0.3, words);
  const shade = newPlane(WIDTH, HEIGHT);
  if (random.chance(0.4)) addSmoothNoise(shade, between(random, 8, 14), 1, words);
  const ground: Ground = {
    verge: verges[random.integer(0, verges.length)] as Colour,
    asphalt: between(random, 0.25, 0.48),
    white: between(random, 0.7, 0.95),
    rough: rough.data,
    shade: shade.data,
    dash: between(random, 0, 12),
    solid: random.chance(0.25),
    edgeLines: random.chance(0.8),
    shoulder: between(random, 0.2, 0.8),
  };
  for (let y = Math.floor(road.horizon) + 1; y < HEIGHT; y++) drawGroundRow(canvas, road, ground, y);
}

/** One row of ground: all of it lies at one distance, and a pixel is `metres` wide. */
function drawGroundRow(canvas: Canvas, road: Road, ground: Ground, y: number): void {
  const { verge, asphalt, white, rough, shade, shoulder } = ground;
  const z = (road.focal * road.height) / (y + 0.5 - road.horizon);
  const metres = z / road.focal;
  const middle = middleAt(road, z);
  const dashed = ground.solid || (z + ground.dash) % 12 < 5;
  const half = LANE + shoulder;
  for (let x = 0; x < WIDTH; x++) {
    const at = y * WIDTH + x;
    // Metres to the right of the middle of the road.
    const s = (x + 0.5 - road.centre) * metres - middle;
    const grain = 1 + (rough[at] as number) * (Math.abs(s) > half ? 0.7 : 0.15);
    const dark = grain * (1 - 0.5 * smoothstep(0.15, 0.3, shade[at] as number));
    paint(canvas, at, verge, 1, dark);
    const onRoad = z > FARTHEST ? 0 : covered(s, metres, 0, half);
    if (onRoad === 0) continue;
    paint(canvas, at, GREY, onRoad, asphalt * dark);
    let line = dashed ? covered(s, metres, 0, 0.09) : 0;
    if (ground.edgeLines) line = Math.max(line, covered(Math.abs(s), metres, LANE - 0.1, 0.09));
    paint(canvas, at, WHITE, line, white * dark);
    if (onRoad > 0.5) canvas.mask[at] = line > 0.4 ? 3 : s > 0 && s < LANE ? 1 : 2;
  }
}

/** The share of a pixel, `metres` wide around s, that lies within `half` of `centre`. */
function covered(s: number, metres: number, centre: number, half: number): number {
  const from = Math.max(s - metres / 2, centre - half);
  const to = Math.min(s + metres / 2, centre + half);
  return Math.max(0, to - from) / metres;
}

/** Light scattered on the way: at distance z the share 1 − exp(−z / sight) is that of the sky. */
function addFog(canvas: Canvas, road: Road, sky: Colour, sight: number): void {
  for (let y = 0; y < HEIGHT; y++) {
    const z = y + 0.5 > road.horizon + 0.2 ? (road.focal * road.height) / (y + 0.5 - road.horizon) : 500;
    const share = 1 - Math.exp(-z / sight);
    for (let at = y * WIDTH; at < (y + 1) * WIDTH; at++) paint(canvas, at, sky, share);
  }
}

/** The picture that a camera makes: brightness, tint, and noise that is stronger in the dark. */
function developed({ colours }: Canvas, light: number, random: SampleRandom, words: Words): Uint8Array {
  const area = HEIGHT * WIDTH;
  const image = new Uint8Array(3 * area);
  const noise = between(random, 0.01, 0.03) / Math.sqrt(light);
  for (let c = 0; c < 3; c++) {
    const gain = light * between(random, 0.93, 1.07);
    for (let i = c * area; i < (c + 1) * area; i++) {
      image[i] = byteOf(gain * (colours[i] as number) + noise * normalOf(words()));
    }
  }
  return image;
}
