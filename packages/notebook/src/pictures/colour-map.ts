/**
 * Numbers as colours: viridis, even in brightness and told apart by all readers (S. van der Walt, N. Smith, matplotlib 2),
 * by linear interpolation between 16 of its colours.
 */

const VIRIDIS = [
  [68, 1, 84],
  [72, 26, 108],
  [71, 47, 125],
  [65, 68, 135],
  [57, 86, 140],
  [49, 104, 142],
  [42, 120, 142],
  [35, 136, 142],
  [31, 152, 139],
  [34, 168, 132],
  [53, 183, 121],
  [84, 197, 104],
  [122, 209, 81],
  [165, 219, 54],
  [210, 226, 27],
  [253, 231, 37],
] as const;

export type Rgb = readonly [red: number, green: number, blue: number];

/** The colour at `t`, 0 … 1; values outside are clamped, NaN is black. */
export function viridis(t: number): Rgb {
  if (Number.isNaN(t)) return [0, 0, 0];
  const place = Math.min(1, Math.max(0, t)) * (VIRIDIS.length - 1);
  const i = Math.min(VIRIDIS.length - 2, Math.floor(place));
  const [a, b] = [VIRIDIS[i] as Rgb, VIRIDIS[i + 1] as Rgb];
  return [0, 1, 2].map((c) =>
    Math.round((a[c] as number) + (place - i) * ((b[c] as number) - (a[c] as number))),
  ) as unknown as Rgb;
}

/** The three numbers of "#rrggbb". */
export function rgbOf(hex: string): Rgb {
  return [1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16)) as unknown as Rgb;
}
