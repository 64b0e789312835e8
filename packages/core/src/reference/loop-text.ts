/**
 * Writes loop nests as JavaScript. A generated function has the signature `(arrays, p) => void`: `arrays` are the
 * buffers of the program, `p` the numbers of this kernel (buffers, offsets, extents, strides), so that its text, and
 * with it the engine's optimised code, is shared by all kernels of one form and dtype.
 */

import type { DType, TypedArray } from "../tensor/dtype.ts";
import type { Nest } from "./nest.ts";
import { scalarLibrary } from "./scalar.ts";

export type LoopFunction = (arrays: readonly TypedArray[], p: readonly number[]) => void;

/** Turns text into functions and remembers them. */
export interface Generator {
  make(text: string): LoopFunction;
}

/** A generator, or `undefined` where the environment forbids code from text. */
export function makeGenerator(): Generator | undefined {
  try {
    new Function("return 0;")();
  } catch {
    return undefined;
  }
  const known = new Map<string, LoopFunction>();
  const names = Object.keys(scalarLibrary).join(", ");
  return {
    make(text) {
      let made = known.get(text);
      if (made === undefined) {
        const body = `"use strict";\nconst { ${names} } = library;\nreturn (arrays, p) => {\n${text}\n};`;
        made = new Function("library", body)(scalarLibrary) as LoopFunction;
        known.set(text, made);
      }
      return made;
    },
  };
}

/** An operand as the text sees it. */
export interface TextOperand {
  readonly buffer: number;
  readonly offset: number;
  readonly dtype: DType;
}

/**
 * Collects the text of one function over one nest. Operand k has the array `a<k>`; its position at loop depth d is the
 * variable `cursor(k, d)`, which only exists anew at depths whose loop moves it.
 */
export class LoopText {
  readonly params: number[] = [];
  readonly lines: string[] = [];
  readonly #nest: Nest;
  readonly #operands: readonly TextOperand[];

  constructor(nest: Nest, operands: readonly TextOperand[]) {
    this.#nest = nest;
    this.#operands = operands;
    operands.forEach((operand, k) => {
      this.lines.push(`const a${k} = arrays[${this.param(operand.buffer)}]; // ${operand.dtype}`);
      this.lines.push(`const c${k}_0 = ${this.param(operand.offset)};`);
    });
    nest.extents.forEach((n, l) => {
      this.lines.push(`const n${l} = ${this.param(n)};`);
    });
    nest.strides.forEach((strides, k) => {
      strides.forEach((s, l) => {
        if (s !== 0 && s !== 1) this.lines.push(`const s${k}_${l} = ${this.param(s)};`);
      });
    });
  }

  param(value: number): string {
    this.params.push(value);
    return `p[${this.params.length - 1}]`;
  }

  /** Depth at which operand k has its final position when `depth` loops are open. */
  #settled(k: number, depth: number): number {
    for (let l = depth - 1; l >= 0; l--) if (this.#nest.strides[k]![l] !== 0) return l + 1;
    return 0;
  }

  cursor(k: number, depth: number): string {
    return `c${k}_${this.#settled(k, depth)}`;
  }

  element(k: number, depth: number): string {
    return `a${k}[${this.cursor(k, depth)}]`;
  }

  /** The index along an axis whose loop is kept. */
  index(axis: number): string {
    const loop = this.#nest.loopOf[axis]!;
    return loop < 0 ? "0" : `i${loop}`;
  }

  /** Opens loops `from` … `to − 1`; `atDepth(d)` may add lines once d loops are open. */
  open(from: number, to: number, atDepth: (depth: number) => void): void {
    for (let l = from; l < to; l++) {
      const starts = [`i${l} = 0`];
      const steps = [`i${l}++`];
      this.#operands.forEach((_, k) => {
        const stride = this.#nest.strides[k]![l]!;
        if (stride === 0) return;
        const name = `c${k}_${l + 1}`;
        starts.push(`${name} = ${this.cursor(k, l)}`);
        steps.push(stride === 1 ? `${name}++` : `${name} += s${k}_${l}`);
      });
      this.lines.push(`for (let ${starts.join(", ")}; i${l} < n${l}; ${steps.join(", ")}) {`);
      atDepth(l + 1);
    }
  }

  close(loops: number): void {
    if (loops > 0) this.lines.push("}".repeat(loops));
  }

  /** Loads `r<k>` of the first `reads` operands that settle at this depth: loads leave loops that do not move them. */
  load(reads: number, depth: number, loops: number): void {
    for (let k = 0; k < reads; k++) {
      if (this.#settled(k, loops) === depth) this.lines.push(`const r${k} = ${this.element(k, depth)};`);
    }
  }

  toString(): string {
    return this.lines.join("\n");
  }
}
