/** Errors of layers, modules, optimisers and metrics: class, wording, module path and the user's line. */

import { compile, grad, PrewittError, seed, type Tensor, tensor, Variable, zeros } from "@prewitt/core";
import {
  Adam,
  AdamW,
  AdaptiveAvgPool2d,
  accuracy,
  accuracyOf,
  BatchNorm1d,
  BatchNorm2d,
  ConfusionMatrix,
  Conv1d,
  Conv2d,
  ConvTranspose2d,
  cosineSchedule,
  Dropout,
  Flatten,
  fit,
  GroupNorm,
  type InputShape,
  InstanceNorm2d,
  init,
  initializers,
  LayerNorm,
  Linear,
  MaxPool2d,
  Module,
  PixelShuffle,
  PReLU,
  ReLU,
  Sequential,
  SGD,
  StochasticDepth,
  topKAccuracy,
  Upsample,
} from "@prewitt/nn";
import { crossEntropy } from "@prewitt/ops";
import { describe, expect, test } from "vitest";

class Net extends Module {
  features = new Sequential(new Conv2d({ out: 4, kernel: 3, padding: "same" }), new ReLU(), new MaxPool2d(2));
  head = new Sequential(new Flatten(), new Linear({ out: 8 }), new ReLU(), new Linear({ out: 10 }));
  forward(x: Tensor): Tensor {
    return this.head.forward(this.features.forward(x));
  }
}

class Hidden extends Module {
  readonly #inner = new Linear({ out: 3 });
  first = new Linear({ out: 4 });
  forward(x: Tensor): Tensor {
    return this.#inner.forward(this.first.forward(x));
  }
}

class Mapped extends Module {
  body = new Sequential(new Branches());
  forward(x: Tensor): Tensor {
    return this.body.forward(x);
  }
}

class Branches extends Module {
  readonly branches = new Map([["left", new ReLU()]]);
  forward(x: Tensor): Tensor {
    return (this.branches.get("left") as ReLU).forward(x);
  }
}

class Unreached extends Module {
  a = new Linear({ out: 4 });
  b = new Linear({ out: 2 });
  c = new Conv2d({ out: 2, kernel: 1 });
  forward(x: Tensor): Tensor {
    return this.a.forward(x);
  }
}

const linear = () => init(new Linear({ out: 2 }), [3]).parameters();
const net = () => init(new Net(), [1, 8, 8]);
/** Some calls are wrong by type as well. */
const wrong = <T>(value: unknown): T => value as T;

type Case = readonly [name: string, error: string, make: () => unknown, message: readonly string[]];

const layers: readonly Case[] = [
  [
    "an unknown option",
    "OptionError",
    () => new Conv2d(wrong({ out: 3, kernal: 3 })),
    [
      '[Conv2d] unknown option "kernal"',
      "  - known options: out, kernel, in, stride, padding, paddingMode, dilation, groups, bias, weightInitializer, biasInitializer",
      '  fix: write "kernel"',
    ],
  ],
  [
    "an option under its name elsewhere",
    "OptionError",
    () => new MaxPool2d(wrong({ kernel_size: 3 })),
    [
      '[MaxPool2d] unknown option "kernel_size"',
      "  - known options: kernel, stride, padding, dilation, ceilMode",
      '  fix: write "kernel"',
    ],
  ],
  [
    "a padding mode of another library",
    "OptionError",
    () => new Conv2d({ out: 3, kernel: 3, paddingMode: wrong("symmetric") }),
    [
      '[Conv2d] paddingMode must be one of "zeros", "reflect", "replicate", "circular", got "symmetric"',
      '  fix: write paddingMode: "reflect", or leave it out',
    ],
  ],
  [
    "a transposed convolution with PyTorch's names",
    "OptionError",
    () => new ConvTranspose2d(wrong({ out: 3, kernel: 3, output_padding: 1 })),
    [
      '[ConvTranspose2d] unknown option "output_padding"',
      "  - known options: out, kernel, in, stride, padding, outputPadding, dilation, groups, bias, weightInitializer, biasInitializer",
      '  fix: write "outputPadding"',
    ],
  ],
  [
    "groups that do not divide the channels of a transposed convolution",
    "OptionError",
    () => init(new ConvTranspose2d({ out: 6, kernel: 3, groups: 3 }), [4, 5, 5]),
    ["[ConvTranspose2d] the input has 4 channels, no multiple of groups = 3", "  fix: write groups: 1"],
  ],
  [
    "an image for a convolution of signals",
    "ShapeError",
    () => init(new Conv1d({ out: 6, kernel: 3 }), [4, 5, 5]),
    [
      "[Conv1d] the input has 4 axes, the layer takes 3: [N, C, L]",
      "  x: float32 [2, 4, 5, 5]",
      "  fix: signals are [N, C, L]: give init the shape [channels, length]",
    ],
  ],
  [
    "an enlargement to nothing in particular",
    "OptionError",
    () => new Upsample({ mode: "bilinear" }),
    ["[Upsample] give either size or scale", "  fix: write new Upsample(2)"],
  ],
  [
    "an adaptive pool under its option's name elsewhere",
    "OptionError",
    () => new AdaptiveAvgPool2d(wrong({ output_size: 7 })),
    ['[AdaptiveAvgPool2d] unknown option "output_size"', "  - known options: size", '  fix: write "size"'],
  ],
  [
    "a layer norm that never saw an input",
    "StateError",
    () => new LayerNorm().parameters(),
    [
      "[parameters] input sizes are not known",
      "  - the model (LayerNorm): the extents of the normalised axes are not known",
      "  fix: call init(model, inputShape) first, for example init(model, [1, 28, 28]), or give `in` to these layers",
    ],
  ],
  [
    "an eps of 0",
    "OptionError",
    () => new InstanceNorm2d({ eps: 0 }),
    ["[InstanceNorm2d] eps must be a positive number, got 0", "  fix: write eps: 1e-5, or leave it out"],
  ],
  [
    "groups of a group norm",
    "OptionError",
    () => new GroupNorm({ groups: 4, in: 6 }),
    [
      "[GroupNorm] groups must divide the channels",
      "  - in = 6 is no multiple of groups = 4",
      "  fix: write groups: 1",
    ],
  ],
  [
    "images for a batch norm of features",
    "ShapeError",
    () => init(new BatchNorm1d(), [4, 5, 5]),
    [
      "[BatchNorm1d] the input has 4 axes, the layer takes 2 or 3: [N, C, L]",
      "  x: float32 [2, 4, 5, 5]",
      "  fix: features are [N, C] and signals [N, C, L]: use BatchNorm2d for images, or place it behind Flatten",
    ],
  ],
  [
    "channels of one shared slope",
    "OptionError",
    () => new PReLU({ in: 4 }),
    [
      "[PReLU] options do not fit",
      "  - in is 4, but all channels share one slope",
      "  fix: write new PReLU({ perChannel: true })",
    ],
  ],
  [
    "a branch that is always dropped",
    "OptionError",
    () => new StochasticDepth(1),
    ["[StochasticDepth] rate must lie in 0 ≤ rate < 1, got 1", "  fix: write new StochasticDepth(0.5)"],
  ],
  [
    "half a block of pixels",
    "OptionError",
    () => new PixelShuffle(0.5),
    ["[PixelShuffle] factor must be a positive integer, got 0.5", "  fix: write new PixelShuffle(2)"],
  ],
  [
    "a convolution without filters",
    "OptionError",
    () => new Conv2d(wrong({ kernel: 3 })),
    ["[Conv2d] out must be a positive integer, got undefined", "  fix: write new Conv2d({ out: 32, kernel: 3 })"],
  ],
  [
    "a kernel of 0",
    "OptionError",
    () => new Conv2d({ out: 3, kernel: [3, 0] }),
    [
      "[Conv2d] kernel must be a positive integer, or two, got [3, 0]",
      "  fix: write new Conv2d({ out: 32, kernel: 3 })",
    ],
  ],
  [
    "groups that do not divide the channels",
    "OptionError",
    () => new Conv2d({ in: 3, out: 32, kernel: 3, groups: 5 }),
    [
      "[Conv2d] groups must divide the channels",
      "  - out = 32 is no multiple of groups = 5",
      "  - in = 3 is no multiple of groups = 5",
      "  fix: write groups: 1, or out: 35",
    ],
  ],
  [
    "groups that do not divide the inferred channels",
    "OptionError",
    () => init(new Sequential(new Conv2d({ out: 8, kernel: 3, groups: 4 })), [6, 8, 8]),
    ["[Conv2d] the input has 6 channels, no multiple of groups = 4", "  module: 0", "  fix: write groups: 1"],
  ],
  [
    "other channels than `in` says",
    "ShapeError",
    () => init(new Sequential(new Sequential(new Conv2d({ in: 3, out: 8, kernel: 3 }))), [1, 28, 28]),
    [
      "[Conv2d] in is 3, but the input has 1 channels",
      "  module: 0.0",
      "  x: float32 [N=2, C=1, H=28, W=28]",
      "  fix: write in: 1, leave in out, or give the layer 3 channels",
    ],
  ],
  [
    "images without their axes",
    "ShapeError",
    () => init(new Sequential(new Conv2d({ out: 8, kernel: 3 })), [784]),
    [
      "[Conv2d] the input has 2 axes, the layer takes 4: [N, C, H, W]",
      "  module: 0",
      "  x: float32 [2, 784]",
      "  fix: images are [N, C, H, W]: give init the shape [channels, height, width]",
    ],
  ],
  [
    "bytes without a cast",
    "DTypeError",
    () => init(new Sequential(new Conv2d({ out: 8, kernel: 3 })), [1, 8, 8], { dtype: "uint8" }),
    [
      "[Conv2d] the input is uint8, the layer takes floats",
      "  module: 0",
      "  x: uint8 [N=2, C=1, H=8, W=8]",
      '  fix: x.cast("float32")',
    ],
  ],
  [
    "an image that is too small",
    "ShapeError",
    () => init(new Sequential(new Conv2d({ out: 8, kernel: 5 })), [1, 4, 4]),
    [
      "[conv2d] the kernel is larger than the padded input",
      "  module: 0",
      "  x: float32 [N=2, C=1, H=4, W=4]",
      "  weight: float32 [O=8, I=1, KH=5, KW=5]",
      "  - H: 4, but the kernel covers 5",
      "  - W: 4, but the kernel covers 5",
      "  fix: write padding: [[0, 1], [0, 1]], or use a smaller kernel",
    ],
  ],
  [
    "a dense layer without flatten",
    "ShapeError",
    () => init(new Sequential(new Conv2d({ out: 8, kernel: 3 }), new Linear({ out: 10 })), [1, 28, 28]),
    [
      "[Linear] the input has 4 axes, the layer takes 2 or 3: [N, in]",
      "  module: 1",
      "  x: float32 [2, 8, 26, 26]",
      "  fix: put new Flatten() before it, or use a 1×1 Conv2d on images",
    ],
  ],
  [
    "another image size after init",
    "ShapeError",
    () => net().forward(zeros([2, 1, 10, 10])),
    [
      "[Linear] the layer was initialised for 64 features, but the input has 100",
      "  module: head.1",
      "  x: float32 [N=2, in=100]",
      "  fix: give it 64 features, or initialise a new model with the shape of these inputs",
    ],
  ],
  [
    "a dense layer of no size",
    "OptionError",
    () => new Linear({ out: -3 }),
    ["[Linear] out must be a positive integer, got -3", "  fix: write new Linear({ out: 10 })"],
  ],
  [
    "a dense layer by a number",
    "OptionError",
    () => new Linear(wrong(10)),
    ["[Linear] options must be an object, got 10", "  fix: pass { out, in, bias, weightInitializer, biasInitializer }"],
  ],
  [
    "a dropout rate in per cent",
    "OptionError",
    () => new Dropout(25),
    ["[Dropout] rate must lie in 0 ≤ rate < 1, got 25", "  fix: write new Dropout(0.25)"],
  ],
  [
    "batch norm out of range",
    "OptionError",
    () => new BatchNorm2d({ momentum: 3, eps: 0 }),
    [
      "[BatchNorm2d] an option is out of range",
      "  - momentum is 3, outside 0 … 1",
      "  - eps is 0, not a positive number",
      "  fix: write momentum: 0.1 and eps: 1e-5",
    ],
  ],
  [
    "batch norm of one value a channel",
    "ShapeError",
    () => init(new Sequential(new BatchNorm2d()), [3, 1, 1]).forward(zeros([1, 3, 1, 1])),
    [
      "[batchNorm] batch statistics need more than one value a channel",
      "  module: 0",
      "  x: float32 [N=1, C=3, H=1, W=1]",
      "  weight: float32 [C=3]",
      "  bias: float32 [C=3]",
      "  - N × H × W = 1: the variance would be 0",
      "  fix: use a batch of 2 or more, or the running statistics (evaluation mode)",
    ],
  ],
  [
    "an array of layers",
    "OptionError",
    () => new Sequential(wrong<ReLU>([new ReLU()])),
    [
      "[Sequential] stage 0 is an array, neither a module nor a function",
      "  fix: spread the array: new Sequential(...layers)",
    ],
  ],
  [
    "an initialiser for weights on a bias",
    "ShapeError",
    () => init(new Linear({ out: 2, biasInitializer: initializers.xavierNormal() }), [3]),
    [
      "[xavierNormal] a parameter of shape [2] has no fan-in and fan-out",
      "  fix: use uniform, normal or constant for parameters of rank 0 and 1",
    ],
  ],
];

const modules: readonly Case[] = [
  [
    "forward before init",
    "StateError",
    () => new Net().forward(zeros([8, 1, 28, 28])),
    ["[Conv2d] the layer is not initialised", "  fix: call init(model, [1, 28, 28]) before the first forward"],
  ],
  [
    "parameters before init",
    "StateError",
    () => new Net().parameters(),
    [
      "[parameters] input sizes are not known",
      "  - features.0 (Conv2d): the number of input channels is not known",
      "  - head.1 (Linear): the number of input features is not known",
      "  - head.3 (Linear): the number of input features is not known",
      "  fix: call init(model, inputShape) first, for example init(model, [1, 28, 28]), or give `in` to these layers",
    ],
  ],
  [
    "a module in a #private field",
    "StateError",
    () => init(new Hidden(), [5]),
    [
      "[Linear] this module runs inside the model, but init did not find it",
      "  - it lies in a #private field, a Map, a Set or an object of another class, is made inside forward, or was added after init",
      "  fix: hold it in a public field, an array or a plain object: this.block = new Linear(…); then call init again",
    ],
  ],
  [
    "a module in a Map",
    "StateError",
    () => init(new Mapped(), [5]),
    [
      '[ReLU] this module runs inside "body.0", but init did not find it',
      "  module: body.0",
      "  - it lies in a #private field, a Map, a Set or an object of another class, is made inside forward, or was added after init",
      "  fix: hold it in a public field, an array or a plain object: this.block = new ReLU(…); then call init again",
    ],
  ],
  [
    "layers that forward does not reach",
    "StateError",
    () => init(new Unreached(), [5]),
    [
      "[init] forward did not reach these layers, so their input sizes are not known",
      "  - b (Linear): the number of input features is not known",
      "  - c (Conv2d): the number of input channels is not known",
      "  fix: call them in forward, give `in` to them, or remove them",
    ],
  ],
  [
    "an input shape that is none",
    "OptionError",
    () => init(new Net(), wrong<InputShape>("28x28")),
    [
      '[init] "28x28" is no input shape',
      "  fix: pass channels, height and width without the batch, [1, 28, 28], or a list of such shapes",
    ],
  ],
  [
    "init inside compile",
    "TraceError",
    () => compile((x: Tensor) => init(new Linear({ out: 2 }), [2]).forward(x))(zeros([2, 2])),
    ["[init] a model cannot be initialised inside compile", "  fix: call init before"],
  ],
  [
    "a pattern that matches nothing",
    "OptionError",
    () => net().freeze("feature.*"),
    [
      '[freeze] no parameter matches "feature.*"',
      "  - nearest paths: features, features.0",
      "  fix: write a path of a module or parameter, with * for one part and ** for any number",
    ],
  ],
  [
    "a state dict that does not fit",
    "StateError",
    () => {
      const model = net();
      const { "head.1.weight": _, ...rest } = model.stateDict();
      model.loadStateDict({ ...rest, "head.1.wieght": zeros([8, 64]), "head.3.bias": zeros([11]) });
    },
    [
      "[loadStateDict] the state dict does not fit, nothing was loaded: 1 missing, 1 extra, 1 of another shape",
      "  - missing: head.1.weight",
      "  - extra: head.1.wieght; is head.1.weight meant?",
      "  - shape: head.3.bias is [11], the model has [10]",
      "  fix: rename the keys, for example with adaptStateDict of prewitt/io, or pass { strict: false } to load what fits",
    ],
  ],
  [
    "a state dict of plain arrays",
    "OptionError",
    () => init(new Linear({ out: 2 }), [3]).loadStateDict(wrong({ weight: [1, 2] })),
    [
      '[loadStateDict] "weight" is neither a tensor nor { shape, data } with a typed array',
      "  fix: pass what stateDict() gave, or { shape, data } for every key",
    ],
  ],
  [
    "a state dict of integers",
    "StateError",
    () => init(new Linear({ out: 2, bias: false }), [3]).loadStateDict({ weight: zeros([2, 3], { dtype: "int32" }) }),
    [
      "[loadStateDict] the state dict does not fit, nothing was loaded: 1 of another dtype",
      "  - dtype: weight is int32, the model has float32",
      "  fix: load it into the same architecture, or pass { strict: false } to load what fits",
    ],
  ],
  [
    "parameters that the loss does not reach",
    "GradientError",
    () => {
      const model = net();
      grad(model.features.forward(zeros([2, 1, 8, 8])).sum(), model.parameters());
    },
    [
      "[grad] y does not reach 4 of 6 xs",
      '  - "head.1.weight" [8, 64]: y does not depend on it',
      '  - "head.1.bias" [8]: y does not depend on it',
      '  - "head.3.weight" [10, 8]: y does not depend on it',
      '  - "head.3.bias" [10]: y does not depend on it',
      '  fix: use them in the loss, leave them out (freeze them), or pass { unused: "zeros" }',
    ],
  ],
  [
    "a seed below 0",
    "OptionError",
    () => seed(-1),
    ["[seed] -1 is not an integer of 0 or more", "  fix: pass for instance seed(42)"],
  ],
];

const training: readonly Case[] = [
  [
    "gradients under other names",
    "OptionError",
    () => new Adam(linear()).step({ weight: zeros([2, 3]), bais: zeros([2]) }),
    [
      "[Adam.step] the gradients do not match the parameters of the optimiser",
      "  - no gradient for bias",
      "  - no parameter bais; is bias meant?",
      "  fix: pass grad(loss, model.parameters()); after freeze or unfreeze make a new optimiser",
    ],
  ],
  [
    "gradients of other shapes",
    "ShapeError",
    () =>
      new SGD(linear(), { learningRate: 1 }).step({ weight: zeros([3, 2]), bias: zeros([2], { dtype: "float64" }) }),
    [
      "[SGD.step] gradients must have shape and dtype of their parameters",
      "  - weight: float32 [2, 3], gradient float32 [3, 2]",
      "  - bias: float32 [2], gradient float64 [2]",
      "  fix: pass what grad returns, or cast and reshape it",
    ],
  ],
  [
    "a tensor as gradients",
    "OptionError",
    () => new Adam(linear()).step(wrong(zeros([2]))),
    ["[Adam.step] gradients must be a record by path", "  fix: pass grad(loss, model.parameters())"],
  ],
  [
    "nothing to optimise",
    "OptionError",
    () => new Adam(init(new ReLU(), [3]).parameters()),
    [
      "[Adam] there are no parameters to optimise",
      "  fix: pass model.parameters(), and see that not all of them are frozen",
    ],
  ],
  [
    "a model as parameters",
    "OptionError",
    () => new SGD(wrong({ model: net() }), { learningRate: 0.1 }),
    [
      '[SGD] parameters must be variables by path, but "model" is none',
      "  fix: pass model.parameters(), and see that not all of them are frozen",
    ],
  ],
  [
    "no learning rate",
    "OptionError",
    () => new SGD(linear(), wrong({ momentum: 0.9 })),
    ["[SGD] learningRate must be a number of 0 or more, got undefined", "  fix: write learningRate: 0.01"],
  ],
  [
    "a learning rate under its name elsewhere",
    "OptionError",
    () => new SGD(linear(), wrong({ lr: 0.1 })),
    [
      '[SGD] unknown option "lr"',
      "  - known options: learningRate, momentum, dampening, weightDecay, nesterov, groups",
      '  fix: write "learningRate"',
    ],
  ],
  [
    "Nesterov without momentum",
    "OptionError",
    () => new SGD(linear(), { learningRate: 0.1, nesterov: true }),
    [
      "[SGD] nesterov needs momentum, and no dampening",
      "  - momentum is 0, dampening is 0",
      "  fix: write { momentum: 0.9, nesterov: true }",
    ],
  ],
  [
    "betas out of range",
    "OptionError",
    () => new AdamW(linear(), { betas: [0.9, 1] }),
    ["[AdamW] betas must be two numbers from 0 to below 1, got [0.9, 1]", "  fix: write betas: [0.9, 0.999]"],
  ],
  [
    "an optimiser inside compile",
    "TraceError",
    () => {
      const parameters = linear();
      compile(() => {
        new Adam(parameters);
      })();
    },
    [
      "a Variable cannot be made inside compile",
      "  fix: make it outside the compiled function and read or assign it inside",
    ],
  ],
  [
    "a schedule of no length",
    "OptionError",
    () => cosineSchedule({ start: 0.1, steps: 0 }),
    ["[cosineSchedule] steps must be a positive integer, got 0", "  fix: write steps: 1000"],
  ],
  [
    "top 5 of 3 classes",
    "OptionError",
    () => topKAccuracy(zeros([4, 3]), zeros([4], { dtype: "int32" }), 5),
    ["[topKAccuracy] k must lie in 1 … 3, got 5", "  fix: write k = 3"],
  ],
  [
    "one-hot labels",
    "ShapeError",
    () => accuracy(zeros([4, 3]), zeros([4, 3])),
    [
      "[accuracy] logits must be [N, classes] and labels [N]",
      "  logits: float32 [N=4, classes=3]",
      "  labels: float32 [4, 3]",
      "  fix: labels.argmax(1), if they are one-hot",
    ],
  ],
  [
    "lists of different length",
    "ShapeError",
    () => accuracyOf([1, 2], [1, 2, 3]),
    [
      "[accuracyOf] 2 predictions for 3 labels",
      "  fix: pass lists of one length, for instance await logits.argmax(1).data() of shape [3]",
    ],
  ],
  [
    "a class outside the matrix",
    "IndexError",
    () => new ConfusionMatrix(3).add([0, 1], [2, 3]),
    ["[ConfusionMatrix] label 1 is 3, outside 0 … 2", "  fix: pass class indices, or more classes"],
  ],
];

/** The message without its last line, which names the user's. */
function thrown(make: () => unknown): PrewittError {
  try {
    make();
  } catch (error) {
    if (error instanceof PrewittError) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}

describe.each([
  ["layers", layers],
  ["modules", modules],
  ["training", training],
] as const)("%s", (_, cases) => {
  test.each(cases)("%s: %s", (_name, type, make, message) => {
    const error = thrown(make);
    const lines = error.message.split("\n");
    expect(lines.filter((line) => !line.startsWith("  at "))).toEqual(message);
    expect(error.name).toBe(type);
    expect(error.at).toMatch(/errors\.test\.ts:\d+:\d+$/);
  });
});

test("there are as many samples as promised", () => {
  expect(layers.length + modules.length + training.length).toBeGreaterThanOrEqual(40);
});

test("a failed init leaves the model as it was, and the next one begins afresh", () => {
  const model = new Net();
  expect(() => init(model, [3, 1, 1])).toThrow(/maxPool2d/);
  expect(model.features.layers[0].weight).toBeUndefined();
  init(model, [1, 8, 8]);
  expect(model.features.layers[0].weight.shape).toEqual([4, 1, 3, 3]);
});

test("a state dict that does not fit loses nothing", () => {
  const model = net();
  const before = model.stateDict();
  const { "head.3.bias": _, ...rest } = net().stateDict();
  expect(() => model.loadStateDict({ ...rest, "features.0.weight": zeros([4, 1, 3, 3]) })).toThrow(
    /missing: head.3.bias/,
  );
  const after = model.stateDict();
  for (const [path, value] of Object.entries(before)) expect(after[path]?.dataSync()).toEqual(value.dataSync());
});

test("keys with a prefix too many are recognised", () => {
  const model = init(new Linear({ out: 2 }), [3]);
  const { weight, bias } = model.stateDict();
  expect(() => model.loadStateDict({ "module.weight": weight as Tensor, bias: bias as Tensor })).toThrow(
    "extra: module.weight; is weight meant?",
  );
});

test("counters may be missing, unless they are asked for", () => {
  const model = init(new Sequential(new Linear({ out: 2 }), new Dropout(0.5)), [3]);
  expect(model.loadStateDict(model.stateDict()).missing).toEqual([]);
  expect(() => model.loadStateDict(model.stateDict(), { counters: true })).toThrow("missing: 1.counter");
  expect(model.loadStateDict(model.stateDict({ counters: true }), { counters: true }).missing).toEqual([]);
});

test("without strict, what fits is loaded, and the report says what did not", () => {
  const model = net();
  const bias = model.stateDict()["head.3.bias"] as Tensor;
  const report = model.loadStateDict(
    {
      "features.0.bias": { shape: [4], data: Float32Array.of(1, 2, 3, 4) },
      "head.3.bias": zeros([7]),
      other: zeros([1]),
    },
    { strict: false },
  );
  expect(report).toEqual({
    missing: ["features.0.weight", "head.1.weight", "head.1.bias", "head.3.weight"],
    extra: ["other"],
    wrongShape: [{ key: "head.3.bias", expected: [10], found: [7] }],
    wrongDType: [],
  });
  expect(model.stateDict()["features.0.bias"]?.arraySync()).toEqual([1, 2, 3, 4]);
  expect(model.stateDict()["head.3.bias"]?.dataSync()).toEqual(bias.dataSync());
});

test("fit refuses empty data and data that ends after one epoch", async () => {
  const model = init(new Linear({ out: 2 }), [3]);
  const options = { loss: crossEntropy, optimizer: new Adam(model.parameters()), epochs: 2 };
  const batch = { image: zeros([2, 3]), label: tensor(Int32Array.of(0, 1)) };
  await expect(fit(model, { ...options, data: [] })).rejects.toThrow("[fit] the data is empty");
  function* once() {
    yield batch;
  }
  await expect(fit(model, { ...options, data: once() })).rejects.toThrow(
    "the data gave no batch in epoch 2, after 1 that did",
  );
  await expect(fit(model, { ...options, data: [batch], epochs: 0 })).rejects.toThrow(
    "epochs must be a positive integer, got 0",
  );
});

test("two variables of one path are refused", () => {
  class Clash extends Module {
    "a.b" = new Variable(1);
    a = { b: new Variable(2) };
    forward(x: Tensor): Tensor {
      return x;
    }
  }
  expect(() => new Clash().parameters()).toThrow('two variables have the path "a.b"');
});
