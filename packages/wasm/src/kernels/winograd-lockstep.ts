/**
 * Transforms of neighbouring vectors in lockstep: what engines need to see to join two vectors of four lanes into one of
 * eight. All loads come before all stores, and of neighbours the last is stored first, because the two are one access.
 */

import type { FunctionBuilder, Local, Statement, Value } from "../assembler/index.ts";

type Vector = Value<"v128">;

/** Neighbouring vectors that are treated alike: two where they can be joined. */
export type Width = 1 | 2;

export interface Lockstep {
  readonly width: Width;
  /** Inputs of the transform. */
  readonly inputs: number;
  /** Loads input `i` of the vector that lies `byte` bytes after the first. */
  readonly load: (i: number, byte: number) => Vector;
  readonly transform: (inputs: readonly Local<"v128">[]) => readonly Vector[];
  readonly store: (output: number, value: Vector, byte: number) => Statement;
}

export function lockstep(f: FunctionBuilder, { width, inputs, load, transform, store }: Lockstep): void {
  const bytes = Array.from({ length: width }, (_, k) => 16 * k);
  const loaded = bytes.map((byte) => Array.from({ length: inputs }, (_, i) => f.let(load(i, byte))));
  const results = loaded.map(transform);
  for (let output = 0; output < results[0]!.length; output++) {
    for (const byte of [...bytes].reverse()) f.do(store(output, results[byte / 16]![output]!, byte));
  }
}
