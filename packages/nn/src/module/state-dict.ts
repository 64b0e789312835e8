/**
 * State dicts: values of parameters and buffers by path, with torchvision's names.
 */

import {
  checkOptions,
  type DType,
  evaluate,
  formatShape,
  isFloat,
  isTensor,
  locate,
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

export interface StateDictOptions {
  /** Include counters of random layers, as checkpoints do. Default false. */
  readonly counters?: boolean | undefined;
}

/** Keys that did not fit, each list in order. */
export interface LoadReport {
  readonly missing: readonly string[];
  readonly extra: readonly string[];
  readonly wrongShape: readonly { readonly key: string; readonly expected: Shape; readonly found: Shape }[];
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

export function loadStateDict(
  module: AnyModule,
  dict: StateDict,
  options: { readonly strict?: boolean | undefined },
): LoadReport {
  const { variables } = prepared(module);
  const optional = new Set(variables.flatMap((v) => (v.kind === "counter" ? [v.path] : [])));
  const targets = variables.map(({ path, variable }) => [path, variable] as const);
  return assignState("loadStateDict", new Map(targets), optional, dict, options);
}

function shapeOf(entry: StateEntry): Shape {
  return entry.shape;
}

/** Assigns what fits. Throws `StateError` before anything is assigned, when `strict` and something does not. */
export function assignState(
  op: string,
  targets: ReadonlyMap<string, Variable>,
  optional: ReadonlySet<string>,
  dict: StateDict,
  options: { readonly strict?: boolean | undefined },
): LoadReport {
  checkOptions(op, options, ["strict"]);
  if (session.trace !== undefined) {
    throw locate(
      new TraceError({ op, summary: "a state dict cannot be loaded inside compile", fix: "load it before" }),
    );
  }
  const entries = Object.entries(dict);
  for (const [key, entry] of entries) checkEntry(op, key, entry);
  const missing = [...targets.keys()].filter((key) => !Object.hasOwn(dict, key) && !optional.has(key));
  const extra = entries.flatMap(([key]) => (targets.has(key) ? [] : [key]));
  const wrongShape = entries.flatMap(([key, entry]) => {
    const target = targets.get(key);
    if (target === undefined || sameShape(shapeOf(entry), target.shape)) return [];
    return [{ key, expected: target.shape, found: shapeOf(entry) }];
  });
  const report = { missing, extra, wrongShape };
  if (options.strict !== false && missing.length + extra.length + wrongShape.length > 0) throw misfit(op, report);
  const wrong = new Set(wrongShape.map((w) => w.key));
  const fitting = entries.flatMap(([key, entry]) => {
    const target = targets.get(key);
    return target === undefined || wrong.has(key) ? [] : [{ target, value: valueFor(op, key, entry, target) }];
  });
  evaluate(...fitting.map((f) => f.value));
  for (const { target, value } of fitting) target.assign(value);
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

/** The entry in the target's dtype: floats are rounded to it, small integers widened. */
function valueFor(op: string, key: string, entry: StateEntry, target: Variable): Tensor {
  const { shape } = entry;
  const given =
    entry instanceof Tensor ? entry : tensor(entry.data, { shape, ...(entry.dtype && { dtype: entry.dtype }) });
  if (given.dtype === target.dtype) return given;
  const widened = !isFloat(given.dtype) && target.dtype === "int32";
  if (widened || (isFloat(given.dtype) && isFloat(target.dtype))) return given.cast(target.dtype);
  throw locate(
    new StateError({
      op,
      summary: `"${key}" is ${given.dtype}, but the model has ${target.dtype}`,
      fix: `cast it: .cast("${target.dtype}")`,
    }),
  );
}

function misfit(op: string, { missing, extra, wrongShape }: LoadReport): StateError {
  const counts = [
    [missing.length, "missing"],
    [extra.length, "extra"],
    [wrongShape.length, "of another shape"],
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
        ...extra.map((key) => `extra: ${key}`),
        ...wrongShape.map(
          (w) => `shape: ${w.key} is ${formatShape(w.found)}, the model has ${formatShape(w.expected)}`,
        ),
      ],
      fix: "load it into the same architecture, or pass { strict: false } to load what fits",
    }),
  );
}
