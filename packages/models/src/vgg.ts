/**
 * VGG-11, 13, 16 and 19 (K. Simonyan, A. Zisserman, "Very deep convolutional networks for large-scale image recognition",
 * ICLR 2015) in torchvision's form and names, with or without batch norm.
 *
 *     [3, 224, 224] → 3×3 convolutions, max-pool [64, 112, 112] → [128, 56, 56] → [256, 28, 28] → [512, 14, 14] → [512, 7, 7]
 *     → mean over 7×7 cells → 4096 → 4096 → classes
 *
 * Images of 32×32 or more: the adaptive pool brings any size to 7×7. The classifier holds most of the parameters; for
 * small images give fewer `hidden` features. Initial weights: Kaiming normal by fan-out, normal (0, 0.01) in the classifier.
 */

import type { Tensor } from "@prewitt/core";
import {
  BatchNorm2d,
  Conv2d,
  Dropout,
  initializers,
  type Layer,
  Linear,
  MaxPool2d,
  Module,
  ReLU,
  Sequential,
} from "@prewitt/nn";
import { adaptiveAvgPool2d, flatten } from "@prewitt/ops";
import { checkModelOptions, demandCount, type ModelOptions, scaledBy } from "./options.ts";

export interface VGGOptions extends ModelOptions {
  /** Batch norm after every convolution. Default false. */
  readonly batchNorm?: boolean | undefined;
  /** Features of the two hidden layers of the classifier, whatever the width. Default 4096. */
  readonly hidden?: number | undefined;
  /** Rate of the dropout in the classifier. Default 0.5. */
  readonly dropout?: number | undefined;
}

/** A VGG of one's own depths. */
export interface VGGConfiguration extends VGGOptions {
  /** Number of convolutions before each of the five max-pools. */
  readonly depths: readonly [number, number, number, number, number];
}

const KNOWN = ["batchNorm", "hidden", "dropout"] as const;
const CHANNELS = [64, 128, 256, 512, 512] as const;

const convInitializer = initializers.kaimingNormal({ fan: "out", nonlinearity: "relu" });
const linearInitializer = initializers.normal(0, 0.01);
const biasInitializer = initializers.zeros();

function dense(out: number): Linear {
  return new Linear({ out, weightInitializer: linearInitializer, biasInitializer });
}

function convolutions({ depths, batchNorm = false, inChannels, width }: VGGConfiguration): Layer[] {
  const scaled = scaledBy(width);
  const layers: Layer[] = [];
  depths.forEach((depth, stage) => {
    const out = scaled(CHANNELS[stage] as number);
    for (let i = 0; i < depth; i++) {
      const inputs = layers.length === 0 ? inChannels : undefined;
      layers.push(
        new Conv2d({ in: inputs, out, kernel: 3, padding: 1, weightInitializer: convInitializer, biasInitializer }),
      );
      if (batchNorm) layers.push(new BatchNorm2d());
      layers.push(new ReLU());
    }
    layers.push(new MaxPool2d(2));
  });
  return layers;
}

/**
 * [N, 3, H, W] → [N, classes]. `vgg11`, `vgg13`, `vgg16` and `vgg19` make the published ones. Throws `OptionError`.
 *
 * @example new VGG({ depths: [1, 1, 1, 1, 1], width: 0.25, hidden: 256, classes: 10 })
 */
export class VGG extends Module {
  readonly features: Sequential;
  readonly classifier: Sequential;

  constructor(configuration: VGGConfiguration) {
    super();
    const { depths, ...options } = configuration;
    checkModelOptions("VGG", options, KNOWN);
    for (const depth of depths) demandCount("VGG", "every depth", depth, 2);
    const { classes = 1000, hidden = 4096, dropout = 0.5 } = options;
    demandCount("VGG", "hidden", hidden, 4096);
    this.features = new Sequential(...convolutions(configuration));
    this.classifier = new Sequential(
      dense(hidden),
      new ReLU(),
      new Dropout(dropout),
      dense(hidden),
      new ReLU(),
      new Dropout(dropout),
      dense(classes),
    );
  }

  /** The last values before each max-pool: stride 1, 2, 4, 8, 16. */
  featureMaps(x: Tensor): Readonly<Record<`stage${1 | 2 | 3 | 4 | 5}`, Tensor>> {
    const stages: Tensor[] = [];
    let y = x;
    for (const layer of this.features) {
      if (layer instanceof MaxPool2d) stages.push(y);
      y = layer.forward(y);
    }
    const [stage1, stage2, stage3, stage4, stage5] = stages as [Tensor, Tensor, Tensor, Tensor, Tensor];
    return { stage1, stage2, stage3, stage4, stage5 };
  }

  forward(x: Tensor): Tensor {
    return this.classifier.forward(flatten(adaptiveAvgPool2d(this.features.forward(x), 7)));
  }
}

function published(name: string, options: VGGOptions, depths: VGGConfiguration["depths"]): VGG {
  checkModelOptions(name, options, KNOWN);
  return new VGG({ ...options, depths });
}

/**
 * VGG-11: 132,863,336 parameters with 1000 classes, 132,868,840 with batch norm. Throws `OptionError`.
 *
 * @example const model = init(vgg11({ classes: 10, batchNorm: true, hidden: 512 }), [3, 32, 32]);
 */
export function vgg11(options: VGGOptions = {}): VGG {
  return published("vgg11", options, [1, 1, 2, 2, 2]);
}

/** VGG-13: 133,047,848 parameters with 1000 classes, 133,053,736 with batch norm. Throws `OptionError`. */
export function vgg13(options: VGGOptions = {}): VGG {
  return published("vgg13", options, [2, 2, 2, 2, 2]);
}

/** VGG-16: 138,357,544 parameters with 1000 classes, 138,365,992 with batch norm. Throws `OptionError`. */
export function vgg16(options: VGGOptions = {}): VGG {
  return published("vgg16", options, [2, 2, 3, 3, 3]);
}

/** VGG-19: 143,667,240 parameters with 1000 classes, 143,678,248 with batch norm. Throws `OptionError`. */
export function vgg19(options: VGGOptions = {}): VGG {
  return published("vgg19", options, [2, 2, 4, 4, 4]);
}
