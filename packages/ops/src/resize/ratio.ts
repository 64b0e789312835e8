/** How many input cells an output cell of a resized axis stands for, and when that is one part of a whole. */

/** The factor of a whole enlargement: size = factor · extent, and ratio = 1 / factor; else `undefined`. */
export function wholeFactor(extent: number, size: number, ratio: number): number | undefined {
  const factor = size / extent;
  const whole = Number.isInteger(factor) && factor >= 1 && Math.abs(ratio * factor - 1) < 1e-12;
  return whole ? factor : undefined;
}
