/**
 * Synthetic low-contrast images, few of which have a lesion: what the medical example learns from.
 *
 * Tissue is smooth noise in four octaves. Vessels, specks and diffuse bright patches are in healthy and ill images alike. A
 * lesion is a faint, irregular, soft-edged patch: its outline is a circle whose radius swings by a few harmonics. Noise grows
 * with brightness, as that of counted photons does. Nothing here is a model of an organ or of a scanner.
 */

import { type Dataset, dataset, type NdArray, SampleRandom } from "prewitt/data";
import { addSmoothNoise, between, byteOf, newPlane, normalOf, type Plane, smoothstep, wordsOf } from "./noise.ts";

/** Height and width of an image in pixels. */
export const SIZE = 64;
/** Standard deviation of the noise at middle brightness, in units of black to white. */
const NOISE = 0.055;

export interface LesionImage {
  /** uint8 [1, S, S] */
  readonly image: NdArray<Uint8Array>;
  /** 1 with a lesion, 0 without. */
  readonly label: number;
  /** int32 [S, S]: 1 on the lesion. */
  readonly mask: NdArray<Int32Array>;
  /** float32 []: brightness that the lesion adds, over the noise's standard deviation; 0 without one. */
  readonly contrast: NdArray<Float32Array>;
}

export interface LesionOptions {
  readonly samples: number;
  readonly seed: number;
  /** Share of images with a lesion. */
  readonly prevalence: number;
}

/** Images that depend on their number and the seed alone, drawn once and kept: 20 KB each. */
export function lesionImages({ samples, seed, prevalence }: LesionOptions): Dataset<LesionImage> {
  const images = Array.from({ length: samples }, (_, i) => drawImage(new SampleRandom(seed, 0, i), prevalence));
  return dataset(images);
}

function drawImage(random: SampleRandom, prevalence: number): LesionImage {
  const words = wordsOf(random);
  const plane = newPlane(SIZE, SIZE);
  const amplitude = between(random, 0.18, 0.3);
  for (const [cell, share] of [
    [32, 1],
    [16, 0.6],
    [8, 0.4],
    [4, 0.3],
  ] as const) {
    addSmoothNoise(plane, cell, share * amplitude, words);
  }
  for (let n = random.integer(0, 4); n > 0; n--) addVessel(plane, random);
  for (let n = random.integer(0, 5); n > 0; n--) {
    addBump(plane, random, between(random, 1.2, 2.2), between(random, 0.12, 0.35));
  }
  for (let n = random.integer(0, 3); n > 0; n--) {
    addBump(plane, random, between(random, 12, 20), between(random, 0.08, 0.2));
  }
  const mask = new Int32Array(SIZE * SIZE);
  const label = random.chance(prevalence) ? 1 : 0;
  const contrast = label === 1 ? between(random, 1.5, 5) : 0;
  if (label === 1) addLesion(plane, mask, contrast * NOISE, random);
  const [brightness, gain] = [between(random, 0.3, 0.5), between(random, 0.8, 1.2)];
  const image = new Uint8Array(SIZE * SIZE);
  for (let i = 0; i < image.length; i++) {
    const light = Math.max(0.02, brightness + gain * (plane.data[i] as number));
    image[i] = byteOf(light + gain * NOISE * Math.sqrt(light / 0.5) * normalOf(words()));
  }
  return {
    image: { data: image, shape: [1, SIZE, SIZE] },
    label,
    mask: { data: mask, shape: [SIZE, SIZE] },
    contrast: { data: Float32Array.of(contrast), shape: [] },
  };
}

/** A soft round patch anywhere: (1 − d²/r²)² inside the radius. */
function addBump(plane: Plane, random: SampleRandom, radius: number, height: number): void {
  const [cx, cy] = [between(random, 0, SIZE), between(random, 0, SIZE)];
  forDisc(cx, cy, radius, (at, squared) => {
    plane.data[at] = (plane.data[at] as number) + height * (1 - squared / radius ** 2) ** 2;
  });
}

/** A bright line that winds from a point through the image. */
function addVessel(plane: Plane, random: SampleRandom): void {
  const own = new Float32Array(SIZE * SIZE);
  const [width, height] = [between(random, 1.3, 2.6), between(random, 0.06, 0.2)];
  let [x, y] = [between(random, 0, SIZE), between(random, 0, SIZE)];
  let angle = between(random, 0, 2 * Math.PI);
  let bend = 0;
  for (let step = random.integer(25, 90); step > 0; step--) {
    bend = 0.9 * bend + between(random, -0.06, 0.06);
    angle += bend;
    x += Math.cos(angle);
    y += Math.sin(angle);
    forDisc(x, y, width, (at, squared) => {
      own[at] = Math.max(own[at] as number, height * (1 - squared / width ** 2));
    });
  }
  for (let i = 0; i < own.length; i++) plane.data[i] = (plane.data[i] as number) + (own[i] as number);
}

function addLesion(plane: Plane, mask: Int32Array, height: number, random: SampleRandom): void {
  const radius = between(random, 3, 7);
  const [cx, cy] = [between(random, 9, SIZE - 9), between(random, 9, SIZE - 9)];
  const edge = between(random, 0.5, 1.2);
  const waves = [2, 3, 4, 5].map((k) => ({
    k,
    size: between(random, 0, 0.7 / k),
    phase: between(random, 0, 2 * Math.PI),
  }));
  forDisc(cx, cy, 2.2 * radius, (at, squared, dx, dy) => {
    const angle = Math.atan2(dy, dx);
    const swing = waves.reduce((sum, { k, size, phase }) => sum + size * Math.cos(k * angle + phase), 1);
    const inside = smoothstep(-edge, edge, radius * Math.max(0.35, swing) - Math.sqrt(squared));
    plane.data[at] = (plane.data[at] as number) + height * inside;
    if (inside > 0.5) mask[at] = 1;
  });
}

/** The pixels whose centres lie within a radius: index, squared distance, and the way from the centre. */
function forDisc(
  cx: number,
  cy: number,
  radius: number,
  visit: (at: number, squared: number, dx: number, dy: number) => void,
): void {
  for (let y = Math.max(0, Math.ceil(cy - radius)); y <= Math.min(SIZE - 1, cy + radius); y++) {
    for (let x = Math.max(0, Math.ceil(cx - radius)); x <= Math.min(SIZE - 1, cx + radius); x++) {
      const squared = (x - cx) ** 2 + (y - cy) ** 2;
      if (squared < radius ** 2) visit(y * SIZE + x, squared, x - cx, y - cy);
    }
  }
}
