/**
 * Occlusion (M. Zeiler, R. Fergus, "Visualizing and understanding convolutional networks", ECCV 2014): how far the score of an
 * image falls when a window of it is covered.
 */

import {
  checkOptions,
  compile,
  iota,
  locate,
  OptionError,
  ShapeError,
  stack,
  type Tensor,
  tensor,
} from "@prewitt/core";
import { checkScore, type Score } from "./score.ts";

export interface OcclusionOptions {
  /** Side of the window in pixels. Default 8. */
  readonly window?: number | undefined;
  /** Pixels from one position to the next. Default: half the window. */
  readonly stride?: number | undefined;
  /** What covers it. Default 0. */
  readonly value?: number | undefined;
}

/** Positions of a window along an axis; the last one ends at the border. */
function places(extent: number, window: number, stride: number): number[] {
  const found: number[] = [];
  for (let at = 0; at + window < extent; at += stride) found.push(at);
  found.push(extent - window);
  return found;
}

/**
 * score(x) − score(x with the window covered) for every position: images [N, C, H, W] → [N, 1, rows, columns]. The last
 * window of a row or column ends at the border. One compiled program runs once a position. Throws `OptionError`, `ShapeError`.
 *
 * @example const map = await occlusion(classScore(model.eval(), 3), images, { window: 7, stride: 3 });
 */
export async function occlusion(score: Score, x: Tensor, options: OcclusionOptions = {}): Promise<Tensor> {
  checkOptions("occlusion", options, ["window", "stride", "value"]);
  const { window = 8, value = 0 } = options;
  const stride = options.stride ?? Math.max(1, Math.floor(window / 2));
  const [height, width] = x.shape.slice(2) as [number, number];
  if (x.rank !== 4) {
    throw locate(
      new ShapeError({
        op: "occlusion",
        summary: "x must be images [N, C, H, W]",
        operands: [{ name: "x", shape: x.shape, dtype: x.dtype }],
        fix: "x.unsqueeze(0) for a batch of one image",
      }),
    );
  }
  const fits = (n: number, most: number): boolean => Number.isSafeInteger(n) && n >= 1 && n <= most;
  if (!fits(window, Math.min(height, width)) || !fits(stride, Number.MAX_SAFE_INTEGER)) {
    throw locate(
      new OptionError({
        op: "occlusion",
        summary: `window must be an integer from 1 to ${Math.min(height, width)}, stride one of 1 or more`,
        problems: [`window is ${window}, stride is ${stride}`],
        fix: `write window: ${Math.min(8, height, width)}`,
      }),
    );
  }
  const covered = compile((image: Tensor, top: Tensor | number, left: Tensor | number) => {
    const within = (extent: number, from: Tensor, axis: 2 | 3): Tensor => {
      const shape = axis === 2 ? [1, 1, extent, 1] : [1, 1, 1, extent];
      const distance = iota(shape, axis).sub(from.cast("int32"));
      return distance.greaterEqual(0).logicalAnd(distance.less(window));
    };
    const hidden = within(height, top as Tensor, 2).logicalAnd(within(width, left as Tensor, 3));
    const own = checkScore("occlusion", score(image), image);
    return own.sub(score(hidden.where(value, image)));
  });
  const [rows, columns] = [places(height, window, stride), places(width, window, stride)];
  const drops: Tensor[] = [];
  for (const top of rows) {
    for (const left of columns) drops.push(tensor(await covered(x, top, left).data()));
  }
  return stack(drops, 1).reshape([x.shape[0] as number, 1, rows.length, columns.length]);
}
