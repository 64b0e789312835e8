/**
 * Activation maximisation (D. Erhan et al., "Visualizing higher-layer features of a deep network", 2009): an image that
 * drives a unit as far as it goes, by gradient ascent from noise or from a picture, with steps of equal length:
 *
 *   x ← (1 − decay) (x + rate · g / rms(g)),   g = ∂(activation(x) − smoothness · variation(x))/∂x
 *
 * variation is the mean square difference of neighbouring pixels; without it the picture is noise that no lens would give.
 */

import {
  checkOptions,
  compile,
  grad,
  locate,
  normal,
  OptionError,
  type Shape,
  session,
  streamKey,
  type Tensor,
  tensor,
  Variable,
} from "@prewitt/core";

export interface MaximizeOptions {
  /** Shape of the image, [1, C, H, W] or several; not with `start`. */
  readonly shape?: Shape | undefined;
  /** Where the ascent begins. Default: normal noise of 0.1, from the seed. */
  readonly start?: Tensor | undefined;
  /** Default 128. */
  readonly steps?: number | undefined;
  /** Root mean square of a step, in the unit of the pixels. Default 0.05. */
  readonly rate?: number | undefined;
  /** Share of the image that each step takes away. Default 0.01. */
  readonly decay?: number | undefined;
  /** Weight of the variation. Default 0. */
  readonly smoothness?: number | undefined;
  /** Limits of the pixels. Default: none. */
  readonly range?: readonly [number, number] | undefined;
}

function variation(x: Tensor): Tensor {
  const [height, width] = x.shape.slice(2) as [number, number];
  const vertical = x.slice(null, null, [1, height]).sub(x.slice(null, null, [0, height - 1]));
  const horizontal = x.slice(null, null, null, [1, width]).sub(x.slice(null, null, null, [0, width - 1]));
  return vertical.square().mean().add(horizontal.square().mean());
}

/**
 * The image after the ascent, of the shape given. `activation` is any scalar of the image; with `capture` it is a unit of a
 * layer. Throws `OptionError`.
 *
 * @example
 * const unit = (x: Tensor) => capture(model, ["features.3"], () => model.forward(x)).activations["features.3"].slice(null, 5).mean();
 * const image = await maximizeActivation(unit, { shape: [1, 1, 28, 28], smoothness: 1 });
 */
export async function maximizeActivation(activation: (x: Tensor) => Tensor, options: MaximizeOptions): Promise<Tensor> {
  checkOptions("maximizeActivation", options, ["shape", "start", "steps", "rate", "decay", "smoothness", "range"]);
  const { shape, steps = 128, rate = 0.05, decay = 0.01, smoothness = 0, range } = options;
  if ((shape === undefined) === (options.start === undefined) || !Number.isSafeInteger(steps) || steps < 1) {
    throw locate(
      new OptionError({
        op: "maximizeActivation",
        summary: "it needs either shape or start, and a positive number of steps",
        problems: [`shape is ${shape === undefined ? "absent" : `[${shape.join(", ")}]`}, steps is ${steps}`],
        fix: "write shape: [1, 3, 32, 32]",
      }),
    );
  }
  const key = tensor(Int32Array.from(streamKey(session.seed, "maximizeActivation")));
  const image = new Variable(options.start ?? normal(key, shape as Shape).mul(0.1));
  const step = compile(() => {
    const x = image.read();
    const value = activation(x);
    const goal = smoothness === 0 ? value : value.sub(variation(x).mul(smoothness));
    const g = grad(goal, x);
    const length = g.square().mean().sqrt();
    // A flat place has no way up: the image only fades.
    const moves = length.greater(0);
    const move = g.mul(moves.where(moves.where(length, 1).reciprocal().mul(rate), 0));
    const next = x.add(move).mul(1 - decay);
    image.assign(range === undefined ? next : next.clamp(range[0], range[1]));
    return value;
  });
  for (let i = 0; i < steps; i++) await step().data();
  return image.read();
}
