/**
 * The errors that Prewitt throws: one class per kind, with fields, and a message of fixed form.
 *
 *     [conv2d] the input has 3 channels, the weight reads 1
 *       module: backbone.stem
 *       x: float32 [N=32, C=3, H=28, W=28]
 *       weight: float32 [O=64, I=1, KH=3, KW=3]
 *       - C = 3, but I × groups = 1 × 1 = 1
 *       fix: give the weight I = 3
 *       at train.ts:12:20
 *
 * A rule throws the error with what it knows; the engine adds the op, the module path and the user's line.
 */

import type { DType } from "../tensor/dtype.ts";
import type { Shape } from "../tensor/shape.ts";

/** One operand as an error shows it: name, dtype and shape with named axes. */
export interface OperandInfo {
  readonly name: string;
  readonly shape: Shape;
  readonly dtype?: DType | undefined;
  /** Axis names, outermost first, e.g. `["N", "C", "H", "W"]`; numbered when absent. */
  readonly axes?: readonly string[] | undefined;
}

/** What an error carries. Every field but `summary` may be missing. */
export interface ErrorDetails {
  /** One sentence: what went wrong. */
  readonly summary: string;
  readonly op?: string | undefined;
  /** Module path, e.g. `backbone.stage2.0.conv1`. */
  readonly module?: string | undefined;
  readonly operands?: readonly OperandInfo[] | undefined;
  /** Every condition that does not hold, one line each. */
  readonly problems?: readonly string[] | undefined;
  /** What to do, with numbers. */
  readonly fix?: string | undefined;
  /** The user's `file:line:column`. */
  readonly at?: string | undefined;
  readonly cause?: unknown;
}

/** `float32 [N=32, C=3]` */
export function formatOperand(operand: OperandInfo): string {
  const { shape, axes, dtype } = operand;
  const named = axes !== undefined && axes.length === shape.length;
  const body = shape.map((n, i) => (named ? `${axes[i]}=${n}` : `${n}`)).join(", ");
  return `${dtype === undefined ? "" : `${dtype} `}[${body}]`;
}

function formatDetails(d: ErrorDetails): string {
  const lines = [`${d.op === undefined ? "" : `[${d.op}] `}${d.summary}`];
  if (d.module) lines.push(`  module: ${d.module}`);
  for (const operand of d.operands ?? []) lines.push(`  ${operand.name}: ${formatOperand(operand)}`);
  for (const problem of d.problems ?? []) lines.push(`  - ${problem}`);
  if (d.fix !== undefined) lines.push(`  fix: ${d.fix}`);
  if (d.at) lines.push(`  at ${d.at}`);
  return lines.join("\n");
}

/** Base class of every error that Prewitt throws on purpose. */
export class PrewittError extends Error {
  details: ErrorDetails;

  constructor(details: ErrorDetails | string) {
    const full = typeof details === "string" ? { summary: details } : details;
    super(formatDetails(full), full.cause === undefined ? undefined : { cause: full.cause });
    this.details = full;
    this.name = new.target.name;
  }

  get op(): string | undefined {
    return this.details.op;
  }
  get module(): string | undefined {
    return this.details.module;
  }
  get operands(): readonly OperandInfo[] {
    return this.details.operands ?? [];
  }
  get problems(): readonly string[] {
    return this.details.problems ?? [];
  }
  get fix(): string | undefined {
    return this.details.fix;
  }
  /** The user's `file:line:column`. */
  get at(): string | undefined {
    return this.details.at;
  }

  /** Adds what the thrower could not know; fields that are set already, and not empty, stay. */
  fill(more: Partial<ErrorDetails>): this {
    const merged: Record<string, unknown> = { ...more };
    for (const [key, value] of Object.entries(this.details))
      if (value !== undefined && (value !== "" || merged[key] === undefined)) merged[key] = value;
    this.details = merged as unknown as ErrorDetails;
    this.message = formatDetails(this.details);
    return this;
  }
}

/** Shapes or ranks that do not fit. */
export class ShapeError extends PrewittError {}
/** Element types that do not fit. */
export class DTypeError extends PrewittError {}
/** An option with an unknown name or a value outside its range. */
export class OptionError extends PrewittError {}
/** A gradient that does not exist, does not arrive, or a rule that returned the wrong thing. */
export class GradientError extends PrewittError {}
/** An index outside its axis, found when the values are known. */
export class IndexError extends PrewittError {}
/** NaN or infinity where a finite value was demanded. */
export class NonFiniteError extends PrewittError {}
/** Something that may not happen while `compile` traces. */
export class TraceError extends PrewittError {}
/** Variables and modules used against their contract. */
export class StateError extends PrewittError {}
/** Data that cannot be read: wrong file, corrupt bytes, labels out of range. */
export class DataError extends PrewittError {}
/** A plan that needs more memory than there is. */
export class MemoryError extends PrewittError {}
/** Two executors that disagree on the same program by more than the stated bound: a defect in one of them. */
export class DivergenceError extends PrewittError {}
/** A program or graph that breaks its own rules: a defect in an op, a pass or an executor. */
export class ProgramError extends PrewittError {}
