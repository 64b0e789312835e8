/**
 * Layers one after the other. They are fields named 0, 1, 2, …, so paths read `features.0.weight`, as torchvision's do.
 */

import { isTensor, locate, OptionError, type Tensor } from "@prewitt/core";
import { type Layer, Module } from "../module/module.ts";
import { isModule } from "../module/state.ts";
import { Lambda } from "./lambda.ts";

/** What `Sequential` takes: a module or a plain function from one tensor to one tensor. */
export type Stage = Layer | ((x: Tensor) => Tensor);

/**
 * @example
 * const features = new Sequential(
 *   new Conv2d({ out: 32, kernel: 3, padding: "same" }), relu, new MaxPool2d(2),
 * );
 * features[0]       // the convolution, as a layer
 * features.layers   // all of them, with their own types
 */
export class Sequential<Stages extends readonly Stage[] = readonly Stage[]> extends Module {
  [index: number]: Layer;

  /** Throws `OptionError` for anything but modules and functions. */
  constructor(...stages: Stages) {
    super();
    stages.forEach((stage, i) => {
      if (!isModule(stage) && typeof stage !== "function") throw noStage(stage, i);
      this[i] = isModule(stage) ? stage : new Lambda(stage);
    });
  }

  get length(): number {
    let length = 0;
    while (this[length] !== undefined) length++;
    return length;
  }

  /** What the constructor was given, each with its own type. */
  get layers(): Stages {
    const stages = Array.from(this, (layer) => (layer instanceof Lambda ? layer.fn : layer));
    return stages as readonly unknown[] as Stages;
  }

  *[Symbol.iterator](): Iterator<Layer> {
    for (let i = 0; i < this.length; i++) yield this[i] as Layer;
  }

  forward(x: Tensor): Tensor {
    let y = x;
    for (const layer of this) y = layer.forward(y);
    return y;
  }
}

function noStage(stage: unknown, i: number): OptionError {
  const found =
    stage === null ? "null" : Array.isArray(stage) ? "an array" : isTensor(stage) ? "a tensor" : typeof stage;
  return locate(
    new OptionError({
      op: "Sequential",
      summary: `stage ${i} is ${found}, neither a module nor a function`,
      fix: Array.isArray(stage)
        ? "spread the array: new Sequential(...layers)"
        : "pass modules, or functions of a tensor",
    }),
  );
}
