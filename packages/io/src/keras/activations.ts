/** Keras' activations by name. */

import { Identity, type Layer, LeakyReLU, ReLU, Sigmoid, SiLU, Softmax, Softplus, Tanh } from "@prewitt/nn";
import type { LayerOptions } from "./options.ts";

const activations: ReadonlyMap<string, () => Layer> = new Map<string, () => Layer>([
  ["linear", () => new Identity()],
  ["relu", () => new ReLU()],
  ["sigmoid", () => new Sigmoid()],
  ["tanh", () => new Tanh()],
  ["softplus", () => new Softplus()],
  ["swish", () => new SiLU()],
  // Over the last axis in Keras: the channels, which are axis 1 of images and of vectors here.
  ["softmax", () => new Softmax({ axis: 1 })],
]);

/** The activation that the option `activation` names, linear without it. */
export function activationOf(options: LayerOptions): Layer {
  const name = options.oneOf("activation", [...activations.keys()], "linear");
  return (activations.get(name) as () => Layer)();
}

/** ReLU(negative_slope), without the limits that it may have. */
export function reluOf(options: LayerOptions): Layer {
  options.oneOf("max_value", [null], null);
  if (options.number("threshold", 0) !== 0) options.refuse("threshold must be 0");
  const negativeSlope = options.number("negative_slope", 0);
  return negativeSlope === 0 ? new ReLU() : new LeakyReLU({ negativeSlope });
}
