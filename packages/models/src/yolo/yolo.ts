/**
 * A single-stage detector on one grid (J. Redmon, A. Farhadi, YOLO9000, CVPR 2017, and YOLOv3, 2018): every cell predicts,
 * for each of A anchors, the box's place and size, whether there is an object, and its class.
 *
 *     [C, H, W] → backbone [256, H/16, W/16] → head 1×1 → [A, 5 + classes, H/16, W/16]
 *
 * Channels are x, y, w, h, objectness and the logits of the classes. H and W are multiples of the stride. The default
 * backbone is that of Tiny YOLO: 3×3 convolutions with batch norm and leaky relu, 16 channels and twice as many behind each
 * max-pool.
 */

import { checkOptions, locate, OptionError, ShapeError, type Tensor } from "@prewitt/core";
import {
  BatchNorm2d,
  Conv2d,
  type Initializer,
  type Layer,
  LeakyReLU,
  MaxPool2d,
  Module,
  Sequential,
} from "@prewitt/nn";
import { checkModelOptions, demandCount, type ModelOptions, scaledBy } from "../options.ts";
import { type Anchor, checkAnchors } from "./anchors.ts";
import { assignBoxes, type YoloTargets } from "./assign.ts";
import { type DecodeOptions, type Detections, decodeImage } from "./decode.ts";
import { type YoloLossTerms, type YoloLossWeights, yoloLoss } from "./loss.ts";

export interface YoloOptions extends ModelOptions {
  /** Number of classes. Default 20. */
  readonly classes?: number | undefined;
  /** Sizes that boxes start from, in pixels; `clusterAnchors` finds them. Default: squares of 1, 2 and 4 strides. */
  readonly anchors?: readonly Anchor[] | undefined;
  /** Pixels of a cell; a power of two for the default backbone. 8 for objects below some 30 pixels. Default 16. */
  readonly stride?: number | undefined;
  /** From images [N, C, H, W] to features [N, F, H / stride, W / stride]. Default: that of Tiny YOLO. */
  readonly backbone?: Layer | undefined;
}

const KNOWN = ["anchors", "stride", "backbone"] as const;
/** Share of cells that the first predictions take for objects (T.-Y. Lin et al., "Focal loss", ICCV 2017, section 4.1). */
const PRIOR = 0.01;

function convNormLeaky(out: number, inputs?: number): Sequential {
  return new Sequential(
    new Conv2d({ in: inputs, out, kernel: 3, padding: 1, bias: false }),
    new BatchNorm2d(),
    new LeakyReLU({ negativeSlope: 0.1 }),
  );
}

function tinyDarknet(stride: number, { inChannels, width }: ModelOptions): Sequential {
  const scaled = scaledBy(width);
  const layers: Layer[] = [];
  const pools = Math.log2(stride);
  for (let i = 0; i < pools; i++)
    layers.push(convNormLeaky(scaled(16 * 2 ** i), i === 0 ? inChannels : undefined), new MaxPool2d(2));
  layers.push(convNormLeaky(scaled(16 * 2 ** pools)), convNormLeaky(scaled(16 * 2 ** pools)));
  return new Sequential(...layers);
}

/** Objectness begins at the prior, everything else at 0. */
function headBias(channels: number): Initializer {
  return ([size]) =>
    Float64Array.from({ length: size as number }, (_, i) => (i % channels === 4 ? Math.log(PRIOR / (1 - PRIOR)) : 0));
}

function noPowerOfTwo(stride: number): OptionError {
  return locate(
    new OptionError({
      op: "Yolo",
      summary: `the stride of the default backbone is a power of two, got ${stride}`,
      fix: `write stride: ${2 ** Math.round(Math.log2(stride))}, or give a backbone`,
    }),
  );
}

/**
 * [N, C, H, W] → raw predictions [N, A, 5 + classes, H / stride, W / stride], for `loss` and `decode`. Throws `OptionError`.
 *
 * @example
 * const model = init(new Yolo({ classes: 10, anchors: [[20, 28], [30, 40]] }), [3, 96, 96]);
 * const step = compile((images: Tensor, targets: YoloTargets) => {
 *   const loss = model.loss(model.forward(images), targets);
 *   optimizer.step(grad(loss, model.parameters()));
 *   return loss;
 * });
 * step(images, model.assign(boxes, labels, [96, 96]));
 * const [found] = await model.eval().decode(model.forward(images), { scoreThreshold: 0.5 });   // { boxes, scores, classes }
 */
export class Yolo extends Module {
  readonly backbone: Layer;
  readonly head: Conv2d;
  readonly classes: number;
  readonly anchors: readonly Anchor[];
  readonly stride: number;

  constructor(options: YoloOptions = {}) {
    super();
    checkModelOptions("Yolo", options, KNOWN);
    const { classes = 20, stride = 16 } = options;
    demandCount("Yolo", "stride", stride, 16);
    const { anchors = [1, 2, 4].map((n): Anchor => [n * stride, n * stride]) } = options;
    checkAnchors("Yolo", anchors);
    if (options.backbone === undefined && !Number.isInteger(Math.log2(stride))) throw noPowerOfTwo(stride);
    this.classes = classes;
    this.anchors = anchors;
    this.stride = stride;
    this.backbone = options.backbone ?? tinyDarknet(stride, options);
    const channels = 5 + classes;
    this.head = new Conv2d({ out: anchors.length * channels, kernel: 1, biasInitializer: headBias(channels) });
  }

  forward(x: Tensor): Tensor {
    const [batch, , height, width] = x.expectShape("N", "C", "H", "W").shape as [number, number, number, number];
    const features = this.backbone.forward(x);
    const [rows, columns] = this.#cells("Yolo", [height, width]);
    if (features.shape[2] !== rows || features.shape[3] !== columns) {
      throw locate(
        new ShapeError({
          op: "Yolo",
          summary: `the backbone does not divide the image by the stride of ${this.stride}`,
          operands: [
            { name: "image", shape: x.shape, axes: ["N", "C", "H", "W"] },
            { name: "features", shape: features.shape, axes: ["N", "F", "H", "W"] },
          ],
          fix: `write stride: ${Math.round(height / (features.shape[2] ?? 1))}, or take another backbone`,
        }),
      );
    }
    return this.head.forward(features).reshape([batch, this.anchors.length, 5 + this.classes, rows, columns]);
  }

  #cells(op: string, [height, width]: readonly [number, number]): [rows: number, columns: number] {
    const { stride } = this;
    if (height % stride === 0 && width % stride === 0) return [height / stride, width / stride];
    const up = (n: number): number => Math.ceil(n / stride) * stride;
    throw locate(
      new ShapeError({
        op,
        summary: `height and width must be multiples of the stride ${stride}`,
        problems: [`the image has ${height}×${width} pixels`],
        fix: `resize or pad it to ${up(height)}×${up(width)}`,
      }),
    );
  }

  /**
   * Targets for `loss`, on the host: `boxes` [N, M, 4] are x1, y1, x2, y2 in pixels, `labels` [N, M] classes, negative in
   * rows without a box, for images of `size` [height, width]. Objectness is left out of the loss where an anchor's box in
   * the middle of its cell overlaps a box by more than `ignoreOverlap`, default 0.5. Throws `ShapeError`, `DataError`,
   * `OptionError`.
   */
  assign(
    boxes: Tensor,
    labels: Tensor,
    size: readonly [height: number, width: number],
    options: { readonly ignoreOverlap?: number | undefined } = {},
  ): YoloTargets {
    checkOptions("Yolo.assign", options, ["ignoreOverlap"]);
    this.#cells("Yolo.assign", size);
    const { anchors, stride, classes } = this;
    const { ignoreOverlap = 0.5 } = options;
    if (!(ignoreOverlap >= 0 && ignoreOverlap <= 1)) {
      throw locate(
        new OptionError({
          op: "Yolo.assign",
          summary: `ignoreOverlap must be a share from 0 to 1, got ${String(ignoreOverlap)}`,
          fix: "write ignoreOverlap: 0.5",
        }),
      );
    }
    return assignBoxes(boxes, labels, { anchors, stride, classes, height: size[0], width: size[1], ignoreOverlap });
  }

  /** The loss of a batch, a scalar. Throws `ShapeError` for targets of another grid, `OptionError`. */
  loss(prediction: Tensor, targets: YoloTargets, weights: YoloLossWeights = {}): Tensor {
    return this.lossTerms(prediction, targets, weights).total;
  }

  /** The parts of `loss` before their weights, and `total`. */
  lossTerms(prediction: Tensor, targets: YoloTargets, weights: YoloLossWeights = {}): YoloLossTerms {
    checkOptions("Yolo.loss", weights, ["box", "objectness", "background", "label"]);
    return yoloLoss(prediction, targets, weights);
  }

  /** The boxes in each image. Throws `OptionError`, `ShapeError`. */
  async decode(prediction: Tensor, options: DecodeOptions = {}): Promise<Detections[]> {
    checkOptions("Yolo.decode", options, ["scoreThreshold", "iouThreshold", "max"]);
    const { anchors, stride, classes } = this;
    const shape = prediction.expectShape("N", anchors.length, 5 + classes, "GH", "GW").shape;
    const [batch, , , rows, columns] = shape as [number, number, number, number, number];
    const values = await prediction.data();
    const size = values.length / batch;
    return Array.from({ length: batch }, (_, n) =>
      decodeImage(values.subarray(n * size, (n + 1) * size), { anchors, stride, classes, rows, columns }, options),
    );
  }
}
