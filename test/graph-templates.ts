/**
 * Templates of random graphs over the ops of convolutional networks.
 */

import type { GraphTemplate, GraphValue, TemplateContext } from "@prewitt/testing";

function template(name: string, write: (c: TemplateContext) => string | undefined, weight = 1): GraphTemplate {
  return { name, write, weight };
}

const image = (v: GraphValue): boolean => v.shape.length === 4;
const vectors = (v: GraphValue): boolean => v.shape.length >= 1;

/** A window that fits both spatial axes. */
function window(c: TemplateContext, x: GraphValue): { kernel: [number, number]; options: string } {
  const [h, w] = x.shape.slice(2) as [number, number];
  const kernel: [number, number] = [c.integer(1, Math.min(3, h)), c.integer(1, Math.min(3, w))];
  const half = kernel.map((k) => Math.floor(k / 2)) as [number, number];
  const padding = `[[${c.integer(0, half[0])}, ${c.integer(0, half[0])}], [0, ${c.integer(0, half[1])}]]`;
  return { kernel, options: `stride: [${c.integer(1, 2)}, ${c.integer(1, 3)}], padding: ${padding}` };
}

const convolutions: readonly GraphTemplate[] = [
  template(
    "conv2d with a value as weight",
    (c) => {
      const x = c.float(image);
      const w =
        x &&
        c.float(
          (v) => image(v) && v.shape[1] === x.shape[1] && v.shape[2]! <= x.shape[2]! && v.shape[3]! <= x.shape[3]!,
        );
      return (
        x &&
        w &&
        `conv2d(${x.name}, ${w.name}, { stride: [${c.integer(1, 2)}, ${c.integer(1, 2)}], padding: [[${c.integer(0, 2)}, ${c.integer(0, 1)}], [0, ${c.integer(0, 1)}]] })`
      );
    },
    3,
  ),
  template(
    "conv2d, depthwise",
    (c) => {
      const x = c.float(image);
      if (x === undefined) return undefined;
      const { kernel, options } = window(c, x);
      const channels = x.shape[1] as number;
      return `conv2d(${x.name}, arange(${channels * kernel[0] * kernel[1]}, { dtype: "${x.dtype}" }).mul(0.3).sin().reshape([${channels}, 1, ${kernel.join(", ")}]), { groups: ${channels}, ${options} })`;
    },
    2,
  ),
  template("convTranspose2d", (c) => {
    const x = c.float((v) => image(v) && v.shape[2]! < 8 && v.shape[3]! < 8);
    return (
      x &&
      `convTranspose2d(${x.name}, arange(${(x.shape[1] as number) * 8}, { dtype: "${x.dtype}" }).cos().reshape([${x.shape[1]}, 2, 2, 2]), { stride: ${c.integer(1, 2)} })`
    );
  }),
];

const pools: readonly GraphTemplate[] = [
  template(
    "pool",
    (c) => {
      const x = c.float(image);
      if (x === undefined) return undefined;
      const { kernel, options } = window(c, x);
      const op = c.choose("maxPool2d", "avgPool2d");
      return `${op}(${x.name}, { kernel: [${kernel.join(", ")}], ${options}${c.choose("", ", ceilMode: true")} })`;
    },
    3,
  ),
  template(
    "curvature of a pool",
    (c) => {
      const x = c.float(image);
      if (x === undefined) return undefined;
      const { kernel, options } = window(c, x);
      const y = `${c.choose("maxPool2d", "avgPool2d")}(x, { kernel: [${kernel.join(", ")}], ${options} })`;
      return `hvp((x) => ${y}.pow(3).mean(), ${x.name}, ${x.name}.mul(0.5))`;
    },
    2,
  ),
  template(
    "adaptive pool",
    (c) => {
      const x = c.float(image);
      const op = c.choose("adaptiveAvgPool2d", "adaptiveMaxPool2d");
      return x && `${op}(${x.name}, [${c.integer(1, 4)}, ${c.integer(1, 4)}])`;
    },
    2,
  ),
  template("globalAvgPool2d", (c) => {
    const x = c.float(image);
    return x && `globalAvgPool2d(${x.name})`;
  }),
];

const resizing: readonly GraphTemplate[] = [
  template(
    "resize2d",
    (c) => {
      const x = c.float((v) => image(v) && v.shape[2]! * v.shape[3]! <= 64);
      const to = c.choose(
        `scale: ${c.integer(1, 3)}`,
        `scale: [${c.integer(1, 2)}, 1.5]`,
        `size: [${c.integer(1, 7)}, ${c.integer(1, 7)}]`,
      );
      const mode = c.choose("", ', mode: "bilinear"', ', mode: "bilinear", alignCorners: true');
      return x && `resize2d(${x.name}, { ${to}${mode} })`;
    },
    3,
  ),
  template("pad2d", (c) => {
    const x = c.float((v) => image(v) && v.shape[2]! > 1 && v.shape[3]! > 1);
    const mode = c.choose("constant", "reflect", "replicate", "circular");
    return x && `pad2d(${x.name}, [[${c.integer(0, 1)}, 1], [0, ${c.integer(0, 1)}]], { mode: "${mode}" })`;
  }),
  template("pixelShuffle", (c) => {
    const x = c.float((v) => image(v) && v.shape[1]! % 4 === 0);
    return x && `pixelShuffle(${x.name}, 2)`;
  }),
  template("pixelUnshuffle", (c) => {
    const x = c.float((v) => image(v) && v.shape[2]! % 2 === 0 && v.shape[3]! % 2 === 0);
    return x && `pixelUnshuffle(${x.name}, 2)`;
  }),
  template("localResponseNorm", (c) => {
    const x = c.float((v) => v.shape.length >= 2);
    return x && `localResponseNorm(${x.name}, { size: ${c.integer(1, 4)}, alpha: 0.5 })`;
  }),
];

const rest: readonly GraphTemplate[] = [
  template(
    "activation",
    (c) => {
      const x = c.float();
      return (
        x &&
        `${c.choose("relu", "leakyRelu", "silu", "gelu", "softplus", "logSigmoid", "relu6", "hardTanh", "hardSigmoid", "hardSwish", "elu", "selu", "mish", "softsign")}(${x.name})`
      );
    },
    4,
  ),
  template(
    "softmax",
    (c) => {
      const x = c.float(vectors);
      return (
        x &&
        `${c.choose("softmax", "logSoftmax", "logSumExp")}(${x.name}, { axis: ${c.integer(0, x.shape.length - 1)} })`
      );
    },
    2,
  ),
  template(
    "norm of images",
    (c) => {
      const x = c.float((v) => image(v) && v.shape[0]! * v.shape[2]! * v.shape[3]! > 1);
      const channels = x?.shape[1] as number;
      const affine = x && `weight: arange(${channels}, { dtype: "${x.dtype}" }).add(0.5)`;
      return (
        x &&
        c.choose(
          `batchNorm(${x.name}).y`,
          `batchNorm(${x.name}, { ${affine} })`,
          `groupNorm(${x.name}, { groups: ${channels % 2 === 0 ? 2 : 1}, ${affine} })`,
        )
      );
    },
    2,
  ),
  template("layerNorm", (c) => {
    const x = c.float((v) => vectors(v) && v.shape.at(-1)! > 1);
    return x && `layerNorm(${x.name})`;
  }),
  template("dropout", (c) => {
    const x = c.float();
    return x && `dropout(${x.name}, { rate: 0.4, key: tensor([${c.integer(0, 9)}, 7], { dtype: "int32" }) })`;
  }),
  template("loss", (c) => {
    const x = c.float((v) => v.shape.length === 2);
    const labels = x && `arange(${x.shape[0]}, { dtype: "int32" }).mul(0)`;
    return (
      x &&
      c.choose(
        `crossEntropy(${x.name}, ${labels})`,
        `mse(${x.name}, ${x.name}.stopGradient().mul(0.5))`,
        `bceWithLogits(${x.name}, ${x.name}.greater(0).cast("${x.dtype}"))`,
      )
    );
  }),
];

export const opsTemplates: readonly GraphTemplate[] = [...convolutions, ...pools, ...resizing, ...rest];
