/**
 * The hook by which an executor fuses scalar expressions into a kernel: it is called at generation time with the
 * registers that are about to be stored, and emits code that changes them in place.
 */

import type { FunctionBuilder, Local, Value, ValueType } from "../assembler/index.ts";

/** One vector of four consecutive channels (conv) or columns (contract) of the result. */
export interface EpilogueVector {
  /** Read it, and `f.set` it. */
  readonly value: Local<"v128">;
  /** Byte offset of lane 0 from the start of the result: that of an operand of the result's shape and layout. */
  readonly offset: Value<"i32">;
  /** Byte offset of lane 0 in an operand with one float32 a channel (column). */
  readonly channel: Value<"i32">;
  /** Lanes that will be stored; loads may read all four if the memory goes on. */
  readonly lanes: number;
}

export interface Epilogue {
  /** Identity of the emitted code; joins the kernel's key. */
  readonly key: string;
  /** Further parameters of the storing stage (pointers, scalars), after the kernel's own. */
  readonly parameters: Readonly<Record<string, ValueType>>;
  /** Called once for each register tile with all its vectors, row by row; emits code that sets `value` of each. */
  emit(f: FunctionBuilder, parameters: Readonly<Record<string, Local>>, vectors: readonly EpilogueVector[]): void;
}

export const epilogueParameters = (epilogue: Epilogue | undefined): { name: string; type: ValueType }[] =>
  Object.entries(epilogue?.parameters ?? {}).map(([name, type]) => ({ name, type }));

export const epilogueKey = (epilogue: Epilogue | undefined): string =>
  epilogue === undefined ? "" : ` +${epilogue.key}`;
