/**
 * Pixel shuffle: blocks of r² channels become r × r pixels (W. Shi et al., "Real-time single image and video super-resolution
 * using an efficient sub-pixel convolutional neural network", CVPR 2016), in PyTorch's order:
 *
 *   y[n, c, h r + i, w r + j] = x[n, c r² + i r + j, h, w]
 *
 * and its inverse. Each is the other's gradient. Both run over the image seen as [N, H, W, C], one copy that leaves images
 * channels-last where they are.
 */

import { type Attributes, checkOptions, defineOp, type Op, type Tensor, type TensorSpec } from "@prewitt/core";
import { demandImages, IMAGE_AXES, named } from "./operands.ts";
import { Problems, plural } from "./problems.ts";
import { show } from "./window/options.ts";

interface ShuffleAttributes extends Attributes {
  readonly factor: number;
}

type Images = readonly [n: number, c: number, h: number, w: number];

export const pixelShuffleOp: Op<ShuffleAttributes> = defineOp<ShuffleAttributes>({
  name: "pixelShuffle",
  inputNames: ["x"],
  infer: ({ inputs, attributes: { factor } }) => {
    const x = inputs[0] as TensorSpec;
    const problems = new Problems();
    const [n, c, h, w] = x.shape as Images;
    if (demandImages(problems, "x", x) && c % factor ** 2 !== 0) {
      problems.shape({
        summary: `${plural(c, "channel")} are no blocks of ${factor}² = ${factor ** 2}`,
        detail: `C = ${c} is not a multiple of ${factor ** 2}`,
        fix: `give x C = ${Math.max(1, Math.ceil(c / factor ** 2)) * factor ** 2}`,
      });
    }
    problems.throw([named("x", x, IMAGE_AXES)]);
    return { shape: [n, c / factor ** 2, h * factor, w * factor], dtype: x.dtype };
  },
  flops: () => 0,
  vjp: ({ dy, attributes }) => [pixelUnshuffleOp.apply([dy], attributes)],
  expand: ([x], { factor: r }) => {
    const [n, c, h, w] = (x as Tensor).shape as Images;
    return (x as Tensor)
      .transpose([0, 2, 3, 1])
      .reshape([n, h, w, c / (r * r), r, r])
      .transpose([0, 1, 4, 2, 5, 3])
      .reshape([n, h * r, w * r, c / (r * r)])
      .transpose([0, 3, 1, 2]);
  },
});

export const pixelUnshuffleOp: Op<ShuffleAttributes> = defineOp<ShuffleAttributes>({
  name: "pixelUnshuffle",
  inputNames: ["x"],
  infer: ({ inputs, attributes: { factor } }) => {
    const x = inputs[0] as TensorSpec;
    const problems = new Problems();
    const [n, c, h, w] = x.shape as Images;
    if (demandImages(problems, "x", x)) {
      for (const [axis, extent] of Object.entries({ H: h, W: w })) {
        if (extent % factor === 0) continue;
        problems.shape({
          summary: `the image does not fall into blocks of ${factor} × ${factor}`,
          detail: `${axis} = ${extent} is not a multiple of ${factor}`,
          fix: `pad or crop ${axis} to ${Math.max(1, Math.ceil(extent / factor)) * factor}`,
        });
      }
    }
    problems.throw([named("x", x, IMAGE_AXES)]);
    return { shape: [n, c * factor ** 2, h / factor, w / factor], dtype: x.dtype };
  },
  flops: () => 0,
  vjp: ({ dy, attributes }) => [pixelShuffleOp.apply([dy], attributes)],
  expand: ([x], { factor: r }) => {
    const [n, c, h, w] = (x as Tensor).shape as Images;
    return (x as Tensor)
      .transpose([0, 2, 3, 1])
      .reshape([n, h / r, r, w / r, r, c])
      .transpose([0, 1, 3, 5, 2, 4])
      .reshape([n, h / r, w / r, c * r * r])
      .transpose([0, 3, 1, 2]);
  },
});

export interface PixelShuffleOptions {
  /** Rows and columns of a block. */
  readonly factor: number;
}

function readFactor(op: string, x: Tensor, options: PixelShuffleOptions | number): ShuffleAttributes {
  if (typeof options !== "number") checkOptions(op, options, ["factor"]);
  const factor: unknown = typeof options === "number" ? options : options?.factor;
  if (Number.isSafeInteger(factor) && (factor as number) >= 1) return { factor: factor as number };
  const problems = new Problems();
  problems.option({
    summary: "factor must be a positive integer",
    detail: `factor is ${show(factor)}`,
    fix: "write factor: 2",
  });
  problems.throwFrom(op, [named("x", x, IMAGE_AXES)]);
  return { factor: 1 };
}

/**
 * `x` [N, C · r², H, W] of any dtype → [N, C, H · r, W · r] for a `factor` r; a number stands for the options.
 * Throws `ShapeError` unless r² divides the channels, `OptionError`.
 *
 * @example pixelShuffle(features, 2) // [N, 12, 32, 32] → [N, 3, 64, 64]
 */
export function pixelShuffle(x: Tensor, options: PixelShuffleOptions | number): Tensor {
  return pixelShuffleOp.apply([x], readFactor("pixelShuffle", x, options));
}

/**
 * `x` [N, C, H · r, W · r] of any dtype → [N, C · r², H, W]: takes `pixelShuffle` back.
 * Throws `ShapeError` unless r divides height and width, `OptionError`.
 */
export function pixelUnshuffle(x: Tensor, options: PixelShuffleOptions | number): Tensor {
  return pixelUnshuffleOp.apply([x], readFactor("pixelUnshuffle", x, options));
}
