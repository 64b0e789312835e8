/**
 * A network that maps images to unit vectors, so that the distance between two of them says whether they show the same
 * identity (F. Schroff, D. Kalenichenko, J. Philbin, "FaceNet", CVPR 2015): any backbone whose last layer gives
 * `dimensions` features, divided by their length. For unit vectors ‖a − b‖² = 2 − 2 a·b.
 *
 *     [3, H, W] → backbone [dimensions] → / length
 */

import { checkOptions, type Tensor } from "@prewitt/core";
import { type Layer, Module } from "@prewitt/nn";
import { l2Normalize } from "@prewitt/ops";
import { checkModelOptions, demandCount, OTHER_NAMES } from "./options.ts";
import { ResNet } from "./resnet.ts";

export interface EmbeddingNetOptions {
  /** Features of an embedding. Default 128. */
  readonly dimensions?: number | undefined;
  /** Channels of the images; inferred by `init` when absent. */
  readonly inChannels?: number | undefined;
  /** Factor on the channels of the default backbone. Default 0.5. */
  readonly width?: number | undefined;
}

/**
 * [N, C, H, W] → [N, dimensions], rows of length 1. The default backbone is a ResNet of one basic block a stage with a 3×3
 * stem, for images of 16×16 to 128×128. Throws `OptionError`.
 *
 * @example const model = init(new EmbeddingNet({ dimensions: 64 }), [1, 32, 32]);
 * @example new EmbeddingNet(resnet18({ classes: 256 }))
 */
export class EmbeddingNet extends Module {
  readonly backbone: Layer;

  /** @param backbone Options, or a network from images to vectors [N, dimensions]. */
  constructor(backbone: EmbeddingNetOptions | Layer = {}) {
    super();
    this.backbone = backbone instanceof Module ? backbone : defaultBackbone(backbone as EmbeddingNetOptions);
  }

  forward(x: Tensor): Tensor {
    return l2Normalize(this.backbone.forward(x));
  }
}

/** A small ResNet whose last layer gives the features. */
function defaultBackbone(options: EmbeddingNetOptions): Layer {
  checkOptions("EmbeddingNet", options, ["dimensions", "inChannels", "width"], OTHER_NAMES);
  const { dimensions = 128, width = 0.5, ...rest } = options;
  checkModelOptions("EmbeddingNet", { ...rest, width });
  demandCount("EmbeddingNet", "dimensions", dimensions, 128);
  return new ResNet({ ...rest, block: "basic", depths: [1, 1, 1, 1], stem: "cifar", width, classes: dimensions });
}
