// Reads the golden values in `data/` (format: README.md). Loading only: nothing here compares or runs an op.
//
// Numbers arrive as typed arrays in row-major order, the strings "NaN", "Infinity" and "-Infinity" as numbers. Every
// tensor is checked against its shape, so a damaged file fails with the file, case and tensor it is in.

import { readFileSync } from "node:fs";

/** Families whose cases apply one op. */
export type CaseFamily =
  | "activations"
  | "batch-norm"
  | "boxes"
  | "conv2d"
  | "cross-entropy"
  | "hard-points"
  | "images"
  | "losses"
  | "matmul"
  | "metrics"
  | "more-activations"
  | "more-losses"
  | "norms"
  | "pool"
  | "reduce"
  | "schedules"
  | "softmax";

/** Families whose cases are training runs of several steps. */
export type RunFamily = "cnn-steps" | "optimizers";

interface TensorOf<D extends string, A> {
  readonly dtype: D;
  readonly shape: readonly number[];
  /** Row-major. */
  readonly data: A;
}
export type GoldenTensor =
  | TensorOf<"float64", Float64Array>
  | TensorOf<"float32", Float32Array>
  | TensorOf<"int32", Int32Array>;

export type Tensors = Readonly<Record<string, GoldenTensor>>;

/** One side of a window: `[before, after]` per axis, `[[top, bottom], [left, right]]`. */
export type Sides = readonly [readonly [number, number], readonly [number, number]];
export type PerAxis = number | readonly [number, number];
export type Reduction = "mean" | "sum" | "none";

interface Reducing {
  readonly axis?: number | readonly number[];
  readonly keepDims: boolean;
}
interface AlongAxis {
  readonly axis: number;
}
/** Options of a schedule under Prewitt's names. */
type NumberOptions = Readonly<Record<string, number | string | readonly number[]>>;
type NoOptions = Readonly<Record<never, never>>;

/** The options of each op, as they stand in the files: an absent key is the op's default. */
export interface GoldenOptions {
  abs: NoOptions;
  adaptiveAvgPool2d: { readonly size: PerAxis };
  adaptiveMaxPool2d: { readonly size: PerAxis };
  arcFace: { readonly margin: number; readonly scale: number };
  avgPool2d: {
    readonly kernel: PerAxis;
    readonly stride?: PerAxis;
    readonly padding?: number | Sides;
    readonly dilation?: PerAxis;
    readonly ceilMode?: boolean;
    readonly countIncludePad: boolean;
  };
  batchNorm: { readonly training: boolean; readonly momentum: number | null; readonly eps: number };
  binaryCrossEntropyWithLogits: {
    readonly reduction: Reduction;
    readonly weight?: GoldenTensor;
    readonly posWeight?: GoldenTensor;
  };
  boxIou: NoOptions;
  conv1d: {
    readonly stride?: number;
    readonly padding?: number | "same";
    readonly dilation?: number;
    readonly groups?: number;
  };
  conv2d: {
    readonly stride?: PerAxis;
    readonly padding?: number | "same" | "valid" | Sides;
    readonly dilation?: PerAxis;
    readonly groups?: number;
  };
  cosineSimilarity: AlongAxis;
  convTranspose2d: {
    readonly stride?: PerAxis;
    readonly padding?: PerAxis;
    readonly outputPadding?: PerAxis;
    readonly dilation?: PerAxis;
    readonly groups?: number;
  };
  crossEntropy: {
    readonly reduction: Reduction;
    readonly classWeights?: GoldenTensor;
    readonly labelSmoothing?: number;
    readonly ignoreIndex?: number;
  };
  diceLoss: { readonly batch: boolean; readonly smooth: number; readonly reduction: Reduction };
  /** An alpha of −1 stands for none. */
  focalLoss: { readonly alpha: number; readonly gamma: number; readonly reduction: Reduction };
  elu: { readonly alpha?: number };
  gelu: { readonly approximate: "none" | "tanh" };
  huber: { readonly delta: number; readonly reduction: Reduction };
  imageQuality: { readonly range: number };
  iouLoss: { readonly kind: "iou" | "giou" | "diou"; readonly eps: number; readonly reduction: Reduction };
  klDivergence: { readonly logTarget: boolean; readonly reduction: Reduction | "batchMean" };
  l1Loss: { readonly reduction: Reduction };
  l2Normalize: AlongAxis;
  groupNorm: { readonly groups: number; readonly eps: number };
  hardSigmoid: NoOptions;
  hardSwish: NoOptions;
  hardTanh: { readonly min?: number; readonly max?: number };
  layerNorm: { readonly axis: readonly number[]; readonly eps: number };
  leakyRelu: { readonly negativeSlope: number };
  localResponseNorm: {
    readonly size: number;
    readonly alpha?: number;
    readonly beta?: number;
    readonly k?: number;
  };
  logSigmoid: NoOptions;
  logSoftmax: AlongAxis;
  logSumExp: { readonly axis: number | readonly number[]; readonly keepDims: boolean };
  matmul: NoOptions;
  max: Reducing;
  maxPool2d: {
    readonly kernel: PerAxis;
    readonly stride?: PerAxis;
    readonly padding?: number | Sides;
    readonly dilation?: PerAxis;
    readonly ceilMode?: boolean;
  };
  mean: Reducing;
  meanAveragePrecision: {
    readonly classes: number;
    readonly images: number;
    readonly area?: readonly [number, number];
  };
  meanSquaredError: { readonly reduction: Reduction };
  min: Reducing;
  nllLoss: {
    readonly reduction: Reduction;
    readonly classWeights?: GoldenTensor;
    readonly ignoreIndex?: number;
  };
  nms: { readonly iouThreshold: number };
  pairwiseDistance: { readonly eps: number };
  mish: NoOptions;
  pad2d: { readonly mode: "reflect" | "replicate" | "circular"; readonly padding: Sides };
  pixelShuffle: { readonly factor: number };
  pixelUnshuffle: { readonly factor: number };
  prelu: NoOptions;
  relu: NoOptions;
  relu6: NoOptions;
  resize2d: {
    readonly mode: "nearest" | "bilinear";
    readonly size?: PerAxis;
    readonly scale?: PerAxis;
    readonly alignCorners?: boolean;
  };
  selu: NoOptions;
  sigmoid: NoOptions;
  cosineRestarts: NumberOptions;
  cosineSchedule: NumberOptions;
  exponentialSchedule: NumberOptions;
  linearSchedule: NumberOptions;
  oneCycleSchedule: NumberOptions;
  plateauSchedule: NumberOptions;
  polynomialSchedule: NumberOptions;
  stepSchedule: NumberOptions;
  silu: NoOptions;
  smoothL1: { readonly beta: number; readonly reduction: Reduction };
  softmax: AlongAxis;
  softsign: NoOptions;
  softplus: NoOptions;
  sqrt: NoOptions;
  sum: Reducing;
  tanh: NoOptions;
  tripletLoss: { readonly margin: number; readonly swap: boolean; readonly reduction: Reduction };
  variance: Reducing & { readonly unbiased: boolean };
}

export type GoldenOp = keyof GoldenOptions;

/** One application of one op, with its gradients. `switch (c.op)` narrows the options of a case of several ops. */
export type GoldenCase<Op extends GoldenOp = GoldenOp> = { [Each in Op]: CaseOf<Each> }[Op];

interface CaseOf<Op extends GoldenOp> {
  readonly name: string;
  readonly op: Op;
  readonly options: GoldenOptions[Op];
  /** The padding that `"same"` or `"valid"` stands for in this case. */
  readonly resolved?: { readonly padding: Sides };
  readonly inputs: Tensors;
  readonly outputs: Tensors;
  /** Empty when the case has values only. */
  readonly cotangents: Tensors;
  /** Of Σ ⟨output, cotangent⟩ with respect to the inputs named here. */
  readonly gradients: Tensors;
  /** First derivatives of g = Σ ⟨gradients[i], directions[i]⟩. */
  readonly second?: {
    readonly directions: Tensors;
    readonly value: number;
    readonly gradients: Tensors;
    readonly cotangentGradients: Tensors;
  };
  /** The same case computed in float32 throughout, where that is of interest. */
  readonly float32?: { readonly outputs: Tensors; readonly gradients: Tensors };
  /** How far float32 strayed: largest difference in a tensor over its largest magnitude, the worst tensor. */
  readonly float32Deviation: number;
}

export interface GoldenStep {
  /** The batch, in `cnn-steps` only. */
  readonly inputs: Tensors;
  /** What the forward pass gave, before the update, in `cnn-steps` only. */
  readonly outputs: Tensors;
  readonly learningRate: number;
  /** Before the update, like `gradients`. */
  readonly loss: number;
  readonly gradients: Tensors;
  /** After the update. */
  readonly parameters: Tensors;
  /** After the step; empty where there are none. */
  readonly buffers: Tensors;
}

/** Some steps of an optimiser. */
export interface GoldenRun {
  readonly name: string;
  readonly optimizer: "sgd" | "adam" | "adamW" | "rmsprop";
  readonly options: {
    readonly learningRate: number;
    readonly momentum?: number;
    readonly dampening?: number;
    readonly nesterov?: boolean;
    readonly weightDecay?: number;
    readonly betas?: readonly [number, number];
    readonly eps?: number;
    readonly amsgrad?: boolean;
  };
  /** A, b and q of the objective, in `optimizers` only. */
  readonly constants: Tensors;
  readonly initial: { readonly parameters: Tensors; readonly buffers: Tensors };
  readonly steps: readonly GoldenStep[];
  /** Optimiser slots after the last step, by slot and parameter. */
  readonly state: Readonly<Record<string, Tensors>>;
  /** A forward pass in evaluation mode after the last step, in `cnn-steps` only. */
  readonly evaluation?: { readonly inputs: Tensors; readonly outputs: Tensors };
  readonly float32Deviation: number;
}

/**
 * The cases of a family in file order, or those of one op in it, with that op's options typed.
 * Throws an Error when there are none, so a table of tests is never empty by a slip.
 *
 * @example
 * test.each(goldenCases("conv2d", "conv2d"))("$name", ({ inputs, options, outputs }) => { … });
 */
export function goldenCases(family: CaseFamily): readonly GoldenCase[];
export function goldenCases<Op extends GoldenOp>(family: CaseFamily, op: Op): readonly GoldenCase<Op>[];
export function goldenCases(family: CaseFamily, op?: GoldenOp): readonly GoldenCase[] {
  const cases = read<GoldenCase>(family).filter((each) => op === undefined || each.op === op);
  if (cases.length === 0) throw new Error(`goldens/data/${family}.json has no case of the op "${op}".`);
  return cases.map((each) => ({
    ...each,
    cotangents: each.cotangents ?? {},
    gradients: each.gradients ?? {},
    ...(each.float32 && { float32: { outputs: each.float32.outputs, gradients: each.float32.gradients ?? {} } }),
  }));
}

/** The training runs of a family, in file order. */
export function goldenRuns(family: RunFamily): readonly GoldenRun[] {
  return read<GoldenRun>(family).map((run) => ({
    ...run,
    constants: run.constants ?? {},
    initial: { ...run.initial, buffers: run.initial.buffers ?? {} },
    steps: run.steps.map((step) => ({
      ...step,
      inputs: step.inputs ?? {},
      outputs: step.outputs ?? {},
      buffers: step.buffers ?? {},
    })),
  }));
}

/** The one number of a tensor with one element. */
export function scalar(tensor: GoldenTensor | undefined): number {
  const value = tensor?.data[0];
  if (value === undefined || tensor?.data.length !== 1)
    throw new Error("A golden tensor with one element was expected.");
  return value;
}

type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
type Loaded = null | boolean | number | string | GoldenTensor | readonly Loaded[] | { readonly [key: string]: Loaded };

function read<Case>(family: string): Case[] {
  const file = `goldens/data/${family}.json`;
  const json = JSON.parse(readFileSync(new URL(`./data/${family}.json`, import.meta.url), "utf8")) as {
    readonly cases: readonly { readonly [key: string]: Json }[];
  };
  // The files are checked in with the script that writes this format; tensors are verified, names are trusted.
  return json.cases.map((each) => load(each, `${file}, "${String(each.name)}"`) as Case);
}

/** Turns `{ shape, data }` into typed arrays at any depth; `loss` and `value`, whose type is a number, into numbers. */
function load(value: Json, where: string): Loaded {
  if (value === null || typeof value !== "object") return value;
  if (isArray(value)) return value.map((each, index) => load(each, `${where}[${index}]`));
  if ("shape" in value && "data" in value) return loadTensor(value, where);
  return Object.fromEntries(
    Object.entries(value).map(([key, each]) => {
      const loaded = load(each, `${where}.${key}`);
      return [key, key === "loss" || key === "value" ? scalar(loaded as GoldenTensor) : loaded];
    }),
  );
}

function isArray(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}

function loadTensor(json: { readonly [key: string]: Json }, where: string): GoldenTensor {
  const shape = json.shape as readonly number[];
  const numbers = (json.data as readonly Json[]).map((each) => loadNumber(each, where));
  const size = shape.reduce((product, extent) => product * extent, 1);
  if (numbers.length !== size) {
    throw new Error(`${where}: ${numbers.length} numbers for the shape [${shape.join(", ")}], which holds ${size}.`);
  }
  switch (json.dtype) {
    case undefined:
      return { dtype: "float64", shape, data: Float64Array.from(numbers) };
    case "float32":
      return { dtype: "float32", shape, data: Float32Array.from(numbers) };
    case "int32":
      return { dtype: "int32", shape, data: Int32Array.from(numbers) };
    default:
      throw new Error(`${where}: the dtype ${JSON.stringify(json.dtype)} is none of float64, float32, int32.`);
  }
}

function loadNumber(value: Json, where: string): number {
  if (typeof value === "number") return value;
  if (value === "NaN" || value === "Infinity" || value === "-Infinity") return Number(value);
  throw new Error(`${where}: ${JSON.stringify(value)} is not a number.`);
}
