/**
 * Arguments of compiled functions: tensors and numbers are inputs; everything else about them, the shapes and dtypes of
 * the tensors included, is a pattern. A call whose arguments match the pattern of a trace replays that trace.
 *
 * Matching happens at every call and builds nothing but the list of leaves.
 */

import { OptionError } from "../errors/errors.ts";
import { captureSite, formatSite } from "../graph/site.ts";
import type { DType } from "../tensor/dtype.ts";
import { type Shape, sameShape } from "../tensor/shape.ts";
import { Tensor, type TensorSpec } from "../tensor/tensor.ts";

/** What becomes an input of the program. */
export type ArgumentLeaf = Tensor | number;

export type ArgumentPattern =
  | { readonly kind: "tensor"; readonly dtype: DType; readonly shape: Shape }
  | { readonly kind: "number" }
  | { readonly kind: "literal"; readonly value: string | boolean | undefined }
  | { readonly kind: "list"; readonly items: readonly ArgumentPattern[] }
  | { readonly kind: "record"; readonly keys: readonly string[]; readonly items: readonly ArgumentPattern[] };

function isRecord(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/** The pattern of an argument, or of all of them as a list. Throws `OptionError` for what `compile` does not take. */
export function argumentPattern(value: unknown): ArgumentPattern {
  if (value instanceof Tensor) return { kind: "tensor", dtype: value.dtype, shape: value.shape };
  if (typeof value === "number") return { kind: "number" };
  if (value === undefined || typeof value === "string" || typeof value === "boolean") return { kind: "literal", value };
  if (Array.isArray(value)) return { kind: "list", items: Array.from(value, argumentPattern) };
  if (isRecord(value))
    return { kind: "record", keys: Object.keys(value), items: Object.values(value).map(argumentPattern) };
  throw new OptionError({
    op: "compile",
    summary: `an argument is ${value === null ? "null" : typeof value === "function" ? "a function" : `a ${(value as object).constructor.name}`}`,
    fix: "pass tensors, numbers, strings, booleans and trees of them; capture everything else from outside",
    at: formatSite(captureSite()),
  });
}

/** Whether the value has the pattern; its leaves are added to `leaves`, in order, as far as it does. */
export function matchArguments(pattern: ArgumentPattern, value: unknown, leaves: ArgumentLeaf[]): boolean {
  switch (pattern.kind) {
    case "tensor":
      if (!(value instanceof Tensor) || value.dtype !== pattern.dtype || !sameShape(value.shape, pattern.shape))
        return false;
      leaves.push(value);
      return true;
    case "number":
      if (typeof value !== "number") return false;
      leaves.push(value);
      return true;
    case "literal":
      return value === pattern.value;
    case "list": {
      const { items } = pattern;
      if (!Array.isArray(value) || value.length !== items.length) return false;
      for (let i = 0; i < items.length; i++)
        if (!matchArguments(items[i] as ArgumentPattern, value[i], leaves)) return false;
      return true;
    }
    case "record": {
      if (!isRecord(value)) return false;
      const keys = Object.keys(value);
      if (keys.length !== pattern.keys.length) return false;
      for (let i = 0; i < keys.length; i++) {
        const key = keys[i] as string;
        if (key !== pattern.keys[i] || !matchArguments(pattern.items[i] as ArgumentPattern, value[key], leaves))
          return false;
      }
      return true;
    }
  }
}

/** The arguments with tensors and numbers replaced by inputs of a trace. */
export function traceArguments(args: readonly unknown[], input: (spec: TensorSpec) => Tensor): unknown[] {
  const visit = (value: unknown): unknown => {
    if (value instanceof Tensor) return input({ shape: value.shape, dtype: value.dtype });
    if (typeof value === "number") return input({ shape: [], dtype: "float32" });
    if (Array.isArray(value)) return value.map(visit);
    if (typeof value === "object" && value !== null)
      return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, visit(v)]));
    return value;
  };
  return args.map(visit);
}
