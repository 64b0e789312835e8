/**
 * Explanations by the gradient of a score in the pixels.
 *
 * saliency               |∂y/∂x|, the largest over the channels (K. Simonyan, A. Vedaldi, A. Zisserman, 2014)
 * smoothGrad             ∂y/∂x averaged over noisy copies of the image (D. Smilkov et al., 2017)
 * integratedGradients    (x − x′) ∫₀¹ ∂y/∂x at x′ + t (x − x′) dt (M. Sundararajan, A. Taly, Q. Yan, ICML 2017), by the
 *                        midpoint rule; the sum over the pixels is y(x) − y(x′)
 */

import {
  checkOptions,
  compile,
  grad,
  locate,
  normal,
  OptionError,
  ShapeError,
  sameShape,
  session,
  streamKey,
  type Tensor,
  tensor,
  Variable,
  zeros,
} from "@prewitt/core";
import { checkScore, type Score } from "./score.ts";

function slopeOf(op: string, score: Score, x: Tensor): Tensor {
  return grad(checkScore(op, score(x), x).sum(), x);
}

function demandCount(op: string, name: string, value: number): void {
  if (Number.isSafeInteger(value) && value >= 1) return;
  throw locate(
    new OptionError({ op, summary: `${name} must be a positive integer, got ${value}`, fix: `write ${name}: 32` }),
  );
}

/**
 * How much each pixel moves the score: images [N, C, H, W] → [N, 1, H, W]. A graph function; the model should be in
 * evaluation mode. Throws `ShapeError` for a score that is not [N].
 *
 * @example await display(saliency(classScore(model.eval()), images));
 */
export function saliency(score: Score, x: Tensor): Tensor {
  return slopeOf("saliency", score, x).abs().max({ axis: 1, keepDims: true });
}

export interface SmoothGradOptions {
  /** Noisy copies. Default 16. */
  readonly samples?: number | undefined;
  /** Standard deviation of the noise, in the unit of the pixels. Default 0.15. */
  readonly sigma?: number | undefined;
}

/** Mean of what `of` gives for each of the numbers, in one compiled program that runs once a number. */
async function meanOver(shape: Tensor, numbers: readonly number[], of: (t: Tensor) => Tensor): Promise<Tensor> {
  const sum = new Variable(zeros(shape.shape, { dtype: shape.dtype }));
  const add = compile((t: Tensor | number) => sum.assign(sum.read().add(of(t as Tensor).div(numbers.length))));
  for (const t of numbers) {
    add(t);
    await sum
      .read()
      .slice(...shape.shape.map(() => [0, 1] as const))
      .data();
  }
  return sum.read();
}

/**
 * The gradient averaged over noisy copies of the images, of the shape of `x`, signs kept. The noise follows from the seed.
 * Throws `OptionError`, `ShapeError`.
 *
 * @example const map = (await smoothGrad(classScore(model.eval()), images)).abs().max(1);
 */
export function smoothGrad(score: Score, x: Tensor, options: SmoothGradOptions = {}): Promise<Tensor> {
  checkOptions("smoothGrad", options, ["samples", "sigma"]);
  const { samples = 16, sigma = 0.15 } = options;
  demandCount("smoothGrad", "samples", samples);
  const [k0, k1] = streamKey(session.seed, "smoothGrad");
  const key = tensor(Int32Array.of(k0, k1));
  const numbers = Array.from({ length: samples }, (_, i) => i);
  return meanOver(x, numbers, (i) => {
    const own = key.add(
      i
        .cast("int32")
        .reshape([1])
        .mul(tensor(Int32Array.of(0, 1))),
    );
    return slopeOf("smoothGrad", score, x.add(normal(own, x.shape).cast(x.dtype).mul(sigma)));
  });
}

export interface IntegratedGradientsOptions {
  /** The image that says nothing, of the shape of `x`. Default: zeros. */
  readonly baseline?: Tensor | undefined;
  /** Points along the way. Default 32. */
  readonly steps?: number | undefined;
}

/**
 * What each pixel contributes to the score of `x`, against the baseline: of the shape of `x`, with a sum of
 * score(x) − score(baseline) for each image, but for the error of the midpoint rule. Throws `OptionError`, `ShapeError`.
 *
 * @example const parts = await integratedGradients(classScore(model.eval(), 3), images, { steps: 64 });
 */
export async function integratedGradients(
  score: Score,
  x: Tensor,
  options: IntegratedGradientsOptions = {},
): Promise<Tensor> {
  checkOptions("integratedGradients", options, ["baseline", "steps"]);
  const { baseline = zeros(x.shape, { dtype: x.dtype }), steps = 32 } = options;
  demandCount("integratedGradients", "steps", steps);
  if (!sameShape(baseline.shape, x.shape) || baseline.dtype !== x.dtype) {
    throw locate(
      new ShapeError({
        op: "integratedGradients",
        summary: "the baseline must have shape and dtype of x",
        operands: [
          { name: "x", shape: x.shape, dtype: x.dtype },
          { name: "baseline", shape: baseline.shape, dtype: baseline.dtype },
        ],
        fix: "leave baseline out for zeros",
      }),
    );
  }
  const way = x.sub(baseline);
  const points = Array.from({ length: steps }, (_, k) => (k + 0.5) / steps);
  const slope = await meanOver(x, points, (t) =>
    slopeOf("integratedGradients", score, baseline.add(way.mul(t.cast(x.dtype)))),
  );
  return slope.mul(way);
}
