/**
 * A small network for grey pictures of 28 × 28 pixels: what the MNIST and the Fashion-MNIST examples train.
 *
 *     [1, 28, 28] → 3×3 convolution, batch norm, relu, 2×2 max-pool: [32, 14, 14] → [64, 7, 7] → [128, 3, 3] → [10]
 */

import { nn, type Tensor } from "prewitt";
import { normalise } from "prewitt/data";

export interface PixelStatistics {
  /** Mean and standard deviation of the training's pixels, in units of black to white. */
  readonly mean: number;
  readonly std: number;
}

export class SmallCnn extends nn.Module {
  features = new nn.Sequential(
    ...[32, 64, 128].flatMap((out) => [
      new nn.Conv2d({ out, kernel: 3, padding: "same", bias: false }),
      new nn.BatchNorm2d(),
      new nn.ReLU(),
      new nn.MaxPool2d(2),
    ]),
  );
  head = new nn.Sequential(new nn.Flatten(), new nn.Dropout(0.3), new nn.Linear({ out: 10 }));
  readonly #pixels: PixelStatistics;

  constructor(pixels: PixelStatistics) {
    super();
    this.#pixels = pixels;
  }

  /** uint8 pictures [N, 1, 28, 28] to scores [N, 10]. */
  forward(image: Tensor): Tensor {
    return this.head.forward(this.features.forward(normalise(image, this.#pixels)));
  }
}
