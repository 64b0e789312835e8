/**
 * Clutter: rings, discs and bars without a label, drawn on a photograph before the items, so that a network learns that not
 * everything of an even colour with a smooth edge is an item.
 *
 * Forms are given by a distance d to their outline in pixels, negative inside: |y| − h for bars and
 * (√(x²/a² + y²/b²) − 1) · min(a, b) for ellipses, which is exact for circles. A pixel's share is clamp(½ − d, 0, 1), an edge
 * about one pixel soft.
 */

import type { SampleRandom } from "../random.ts";

/** Distance of a pixel to the form's outline, negative inside. */
type Form = (x: number, y: number) => number;

/** Draws one form of a random kind, place, size and colour on uint8 [3, size, size]; it may reach beyond the borders. */
export function drawClutter(image: Uint8Array, size: number, random: SampleRandom): void {
  const form = randomForm(size, random);
  const colour = [0, 1, 2].map(() => 255 * random.uniform());
  // Light falls off along a random direction, as on things that are photographed.
  const [fallX, fallY] = [0, 1].map(() => (0.8 * (random.uniform() - 0.5)) / size) as [number, number];
  const area = size * size;
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      const share = Math.min(1, 0.5 - form(x, y));
      if (share <= 0) continue;
      const light = 1 + fallX * (x - size / 2) + fallY * (y - size / 2);
      for (let c = 0; c < 3; c++) {
        const at = c * area + y * size + x;
        const own = Math.min(255, light * (colour[c] as number));
        image[at] = Math.round((1 - share) * (image[at] as number) + share * own);
      }
    }
  }
}

function randomForm(size: number, random: SampleRandom): Form {
  const between = (low: number, high: number): number => low + (high - low) * random.uniform();
  const [centreX, centreY] = [between(-0.1, 1.1) * size, between(-0.1, 1.1) * size];
  const angle = between(0, Math.PI);
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  const turned = (form: Form): Form => {
    return (x, y) => form(cos * (x - centreX) + sin * (y - centreY), cos * (y - centreY) - sin * (x - centreX));
  };
  const kind = random.uniform();
  if (kind < 0.2) {
    const half = between(0.01, 0.12) * size;
    return turned((_, y) => Math.abs(y) - half);
  }
  const [a, b] = [between(0.1, 0.7) * size, between(0.1, 0.7) * size];
  const outline: Form = (x, y) => (Math.sqrt((x / a) ** 2 + (y / b) ** 2) - 1) * Math.min(a, b);
  if (kind < 0.5) return turned(outline);
  const half = between(0.01, 0.06) * size;
  return turned((x, y) => Math.abs(outline(x, y)) - half);
}
