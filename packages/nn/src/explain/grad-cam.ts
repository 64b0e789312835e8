/**
 * Grad-CAM (R. Selvaraju et al., "Grad-CAM: visual explanations from deep networks via gradient-based localization", ICCV
 * 2017): with A the activation of a layer, y the score of an image,
 *
 *   α_c = mean over positions of ∂y/∂A_c,   map = relu(Σ_c α_c A_c)
 *
 * resized to the image, bilinearly.
 */

import { checkOptions, grad, locate, OptionError, ShapeError, type Tensor } from "@prewitt/core";
import { relu, resize2d } from "@prewitt/ops";
import type { Layer } from "../module/module.ts";
import { capture } from "./capture.ts";
import { checkScore, logitOf, type Target } from "./score.ts";

export interface GradCamOptions {
  /** Path of the layer, usually the last one with an image plane: "features.7". */
  readonly layer: string;
  /** Class to explain: one, or one an image. Default: each image's own largest logit. */
  readonly target?: Target;
  /** What is explained, of the model's output, one number an image. Default: the logit of `target`. */
  readonly score?: ((output: Tensor) => Tensor) | undefined;
  /** Leave the map at the layer's size. Default false. */
  readonly raw?: boolean | undefined;
}

/**
 * Where the layer speaks for the score: [N, 1, H, W], 0 or more, not normalised. Put the model into evaluation mode first.
 * Throws `OptionError` for a layer that is none or runs more than once, `ShapeError` for one without an image plane.
 *
 * @example const map = gradCam(model.eval(), images, { layer: "features.7", target: 3 });
 */
export function gradCam(model: Layer, x: Tensor, options: GradCamOptions): Tensor {
  checkOptions("gradCam", options, ["layer", "target", "score", "raw"]);
  const { layer, target, raw = false } = options;
  const { output, activations } = capture(model, [layer], () => model.forward(x));
  const [[path, activation] = ["", undefined], ...more] = Object.entries(activations);
  if (activation === undefined || more.length > 0) {
    throw locate(
      new OptionError({
        op: "gradCam",
        summary: `"${layer}" names ${Object.keys(activations).length} activations, one is needed`,
        problems: [`activations: ${Object.keys(activations).join(", ")}`],
        fix: `write layer: "${path || layer}"`,
      }),
    );
  }
  if (activation.rank !== 4) {
    throw locate(
      new ShapeError({
        op: "gradCam",
        summary: `"${layer}" has no image plane`,
        operands: [{ name: "activation", shape: activation.shape, dtype: activation.dtype }],
        fix: "name a layer whose result is [N, C, H, W]",
      }),
    );
  }
  const score = checkScore("gradCam", options.score === undefined ? logitOf(output, target) : options.score(output), x);
  const slope = grad(score.sum(), activation);
  const weight = slope.mean({ axis: [2, 3], keepDims: true });
  const map = relu(activation.mul(weight).sum({ axis: 1, keepDims: true }));
  const [height, width] = x.shape.slice(2) as [number, number];
  return raw ? map : resize2d(map, { size: [height, width], mode: "bilinear" });
}
