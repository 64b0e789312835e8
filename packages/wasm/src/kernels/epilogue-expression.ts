/**
 * Epilogues from scalar expressions: operand 0 is the result in registers, the others are read where the result goes,
 * once a channel (column), or are one number.
 */

import { byteSize, type DType, type ScalarExpression } from "@prewitt/core";
import { i32, type Local, ModuleBuilder } from "../assembler/index.ts";
import { Emitter, type Index } from "./emitter.ts";
import type { Epilogue, EpilogueVector } from "./epilogue.ts";
import { ExpressionEmitter, expressionKey, type Inputs, shortDType } from "./expression.ts";
import { place, readLanes } from "./lane-memory.ts";
import { lanesOf } from "./lanes.ts";

export interface EpilogueRead {
  readonly dtype: DType;
  /** `full`: an operand of the result's shape and layout. */
  readonly walks: "full" | "channel" | "scalar";
}

/** Instructions that an epilogue may hold: what takes no function of its own. */
const simple: ReadonlySet<string> = new Set([
  "read",
  "const",
  "neg",
  "abs",
  "add",
  "sub",
  "mul",
  "div",
  "min",
  "max",
  "sqrt",
  "eq",
  "ne",
  "lt",
  "le",
  "gt",
  "ge",
  "and",
  "or",
  "not",
  "select",
]); // prettier-ignore

/** Whether an expression can run on registers: float32 results, no index, no function calls. */
export function fitsEpilogue({ instructions, results }: ScalarExpression): boolean {
  return (
    results.length === 1 && instructions.every((i) => simple.has(i.op) && (i.dtype === "float32" || i.dtype === "bool"))
  );
}

/** Parameters are named `e1`, `e2`, … in the order of `reads`. */
export function expressionEpilogue(expression: ScalarExpression, reads: readonly EpilogueRead[]): Epilogue {
  const names = reads.map((_, i) => `e${i + 1}`);
  return {
    key: `${expressionKey(expression)} ${reads.map((r) => `${r.walks[0]}${shortDType[r.dtype]}`).join()}`,
    parameters: Object.fromEntries(names.map((name) => [name, "i32" as const])),
    emit(f, parameters, vectors) {
      // No instruction of an epilogue defines functions, so the module stays empty.
      const e = new Emitter(new ModuleBuilder(), f);
      const pointers = names.map((name) => parameters[name] as Local<"i32">);
      const code = new ExpressionEmitter(expression, {
        read: (operand) => (reads[operand - 1]?.walks === "scalar" ? 0 : 2),
        index: () => 0,
      });
      code.before(e, 0, inputsOf(e, vectors[0]!, reads, pointers));
      for (const vector of vectors) {
        e.scope(() => {
          const [result] = code.results(e, inputsOf(e, vector, reads, pointers));
          f.set(vector.value, result!.parts[0]!);
        });
      }
    },
  };
}

function inputsOf(
  e: Emitter,
  vector: EpilogueVector,
  reads: readonly EpilogueRead[],
  pointers: readonly Local<"i32">[],
): Inputs {
  return {
    index: () => {
      throw new Error("an epilogue reads no index");
    },
    read: (operand, dtype) => {
      if (operand === 0) return lanesOf("float32", vector.value);
      const { walks } = reads[operand - 1]!;
      const pointer = pointers[operand - 1]!;
      if (walks === "scalar") return readLanes(e, dtype, place(pointer), 0);
      const bytes: Index = walks === "full" ? vector.offset : vector.channel;
      const moved = byteSize(dtype) === 4 ? bytes : i32.shrU(bytes, 2);
      return readLanes(e, dtype, place(e.let(i32.add(pointer, moved))), 1, vector.lanes);
    },
  };
}
