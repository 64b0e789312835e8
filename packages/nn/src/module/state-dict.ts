/**
 * State dicts: values of parameters and buffers by path, with torchvision's names.
 */

import {
  checkOptions,
  type DType,
  dtypeOfArray,
  evaluate,
  formatShape,
  isFloat,
  isTensor,
  locate,
  nearest,
  OptionError,
  type Shape,
  StateError,
  sameShape,
  session,
  settle,
  sizeOf,
  Tensor,
  TraceError,
  type TypedArray,
  tensor,
  type Variable,
} from "@prewitt/core";
import type { AnyModule } from "./module.ts";
import { prepared } from "./prepare.ts";

/** A value of a state dict: a tensor, or elements in row-major order with their shape. */
export type StateEntry =
  | Tensor
  | { readonly shape: Shape; readonly data: TypedArray; readonly dtype?: DType | undefined };

export type StateDict = Readonly<Record<string, StateEntry>>;

export interface LoadOptions {
  /** Throw when a key is missing, extra or of another shape or kind, and load nothing then. Default true. */
  readonly strict?: boolean | undefined;
  /** Counters of random layers may not be missing, as in checkpoints. Default false. */
  readonly counters?: boolean | undefined;
}

export interface StateDictOptions {
  /** Include counters of random layers, as checkpoints do. Default false. */
  readonly counters?: boolean | undefined;
}

/** Keys that did not fit, each list in order. */
export interface LoadReport {
  readonly missing: readonly string[];
  readonly extra: readonly string[];
  readonly wrongShape: readonly { readonly key: string; readonly expected: Shape; readonly found: Shape }[];
  /** Elements that cannot be cast without loss of their meaning, such as floats for a counter. */
  readonly wrongDType: readonly { readonly key: string; readonly expected: DType; readonly found: DType }[];
}

export function stateDict(module: AnyModule, options: StateDictOptions): Record<string, Tensor> {
  checkOptions("stateDict", options, ["counters"]);
  const found = prepared(module).variables.filter((v) => v.kind !== "counter" || options.counters === true);
  return snapshot(found.map(({ path, variable }) => [path, variable]));
}

/** Current values by key, as tensors that later assignments do not change. */
export function snapshot(variables: readonly (readonly [key: string, variable: Variable])[]): Record<string, Tensor> {
  if (session.trace === undefined) settle(...variables.map(([, v]) => v));
  return Object.fromEntries(variables.map(([key, v]) => [key, v.read()]));
}

export function loadStateDict(module: AnyModule, dict: StateDict, options: LoadOptions): LoadReport {
  const { variables } = prepared(module);
  const loose = options.counters !== true;
  const optional = new Set(variables.flatMap((v) => (loose && v.kind === "counter" ? [v.path] : [])));
  const targets = variables.map(({ path, variable }) => [path, variable] as const);
  return assignState("loadStateDict", new Map(targets), optional, dict, options);
}

/** Assigns what fits. Throws `StateError` before anything is assigned, when `strict` and something does not. */
export function assignState(
  op: string,
  targets: ReadonlyMap<string, Variable>,
  optional: ReadonlySet<string>,
  dict: StateDict,
  options: LoadOptions,
): LoadReport {
  checkOptions(op, options, ["strict", "counters"]);
  if (session.trace !== undefined) {
    throw locate(
      new TraceError({ op, summary: "a state dict cannot be loaded inside compile", fix: "load it before" }),
    );
  }
  const entries = Object.entries(dict);
  for (const [key, entry] of entries) checkEntry(op, key, entry);
  const missing = [...targets.keys()].filter((key) => !Object.hasOwn(dict, key) && !optional.has(key));
  const extra = entries.flatMap(([key]) => (targets.has(key) ? [] : [key]));
  const known = entries.flatMap(([key, entry]) => {
    const target = targets.get(key);
    return target === undefined ? [] : [{ key, entry, target }];
  });
  const wrongShape = known.flatMap(({ key, entry, target }) =>
    sameShape(entry.shape, target.shape) ? [] : [{ key, expected: target.shape, found: entry.shape }],
  );
  const wrongDType = known.flatMap(({ key, entry, target }) =>
    converts(dtypeOf(entry), target.dtype) ? [] : [{ key, expected: target.dtype, found: dtypeOf(entry) }],
  );
  const report = { missing, extra, wrongShape, wrongDType };
  const wrong = new Set([...wrongShape, ...wrongDType].map((w) => w.key));
  if (options.strict !== false && missing.length + extra.length + wrong.size > 0) throw misfit(op, report);
  const fitting = known.filter(({ key }) => !wrong.has(key));
  const values = fitting.map(({ entry, target }) => valueFor(entry, target.dtype));
  evaluate(...values);
  fitting.forEach(({ target }, i) => {
    target.assign(values[i] as Tensor);
  });
  return report;
}

function checkEntry(op: string, key: string, entry: unknown): void {
  if (isTensor(entry)) return;
  const found = entry as Partial<Exclude<StateEntry, Tensor>> | null | undefined;
  const array = ArrayBuffer.isView(found?.data) && Array.isArray(found.shape);
  if (array && sizeOf(found.shape as Shape) === (found.data as TypedArray).length) return;
  throw locate(
    new OptionError({
      op,
      summary: array
        ? `"${key}" has ${(found.data as TypedArray).length} elements, but the shape ${formatShape(found.shape as Shape)}`
        : `"${key}" is neither a tensor nor { shape, data } with a typed array`,
      fix: "pass what stateDict() gave, or { shape, data } for every key",
    }),
  );
}

function dtypeOf(entry: StateEntry): DType {
  return entry.dtype ?? (dtypeOfArray((entry as { data: TypedArray }).data) as DType);
}

/** Floats are rounded to the target's width, small integers widened. */
function converts(found: DType, target: DType): boolean {
  return found === target || (isFloat(found) && isFloat(target)) || (!isFloat(found) && target === "int32");
}

function valueFor(entry: StateEntry, dtype: DType): Tensor {
  const { shape } = entry;
  const given =
    entry instanceof Tensor ? entry : tensor(entry.data, { shape, ...(entry.dtype && { dtype: entry.dtype }) });
  return given.dtype === dtype ? given : given.cast(dtype);
}

/** Above this many comparisons no likely names are looked for. */
const COMPARISONS = 100_000;

/** For each extra key the missing one that is most likely meant: the one it ends with, or that is spelled alike. */
function likelyNames(missing: readonly string[], extra: readonly string[]): ReadonlyMap<string, string> {
  if (missing.length * extra.length > COMPARISONS) return new Map();
  const pairs = extra.flatMap((key) => {
    const ending = missing.find((other) => key.endsWith(`.${other}`) || other.endsWith(`.${key}`));
    const near = ending ?? nearest(key, missing);
    return near === undefined ? [] : [[key, near] as const];
  });
  return new Map(pairs);
}

function misfit(op: string, { missing, extra, wrongShape, wrongDType }: LoadReport): StateError {
  const likely = likelyNames(missing, extra);
  const counts = [
    [missing.length, "missing"],
    [extra.length, "extra"],
    [wrongShape.length, "of another shape"],
    [wrongDType.length, "of another dtype"],
  ] as const;
  return locate(
    new StateError({
      op,
      summary: `the state dict does not fit, nothing was loaded: ${counts
        .filter(([n]) => n > 0)
        .map(([n, what]) => `${n} ${what}`)
        .join(", ")}`,
      problems: [
        ...missing.map((key) => `missing: ${key}`),
        ...extra.map((key) => `extra: ${key}${likely.has(key) ? `; is ${likely.get(key)} meant?` : ""}`),
        ...wrongShape.map(
          (w) => `shape: ${w.key} is ${formatShape(w.found)}, the model has ${formatShape(w.expected)}`,
        ),
        ...wrongDType.map((w) => `dtype: ${w.key} is ${w.found}, the model has ${w.expected}`),
      ],
      fix:
        likely.size > 0
          ? "rename the keys, for example with adaptStateDict of prewitt/io, or pass { strict: false } to load what fits"
          : "load it into the same architecture, or pass { strict: false } to load what fits",
    }),
  );
}
