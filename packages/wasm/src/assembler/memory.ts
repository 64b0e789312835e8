/**
 * Loads and stores. Addresses are byte addresses of the one memory; `offset` is a constant added by the instruction
 * itself, at no cost, as an unsigned 33-bit sum: it must not be negative. Alignment is only a hint except for atomics,
 * where the engine demands natural alignment.
 */

import { unsignedLeb } from "./bytes.ts";
import { type Operand, operand, type Statement, Value, type ValueType } from "./value.ts";

export type Load<T extends ValueType> = (address: Operand<"i32">, offset?: number) => Value<T>;
export type Store<T extends ValueType> = (address: Operand<"i32">, value: Operand<T>, offset?: number) => Statement;

export function memoryArgument(alignment: number, offset: number): number[] {
  if (!Number.isInteger(offset) || offset < 0 || offset >= 2 ** 32) {
    throw new RangeError(`memory offset must be an integer in [0, 2^32), got ${offset}`);
  }
  return [...unsignedLeb(alignment), ...unsignedLeb(offset)];
}

export function load<T extends ValueType>(type: T, code: readonly number[], alignment: number): Load<T> {
  return (address, offset = 0) =>
    new Value(type, [operand("i32", address)], [...code, ...memoryArgument(alignment, offset)]);
}

export function store<T extends ValueType>(type: T, code: readonly number[], alignment: number): Store<T> {
  return (address, value, offset = 0) =>
    new Value("void", [operand("i32", address), operand(type, value)], [...code, ...memoryArgument(alignment, offset)]);
}

/** Bulk memory: `memory.copy` (overlap allowed) and `memory.fill`, byte counts. */
export const memory = {
  copy: (target: Operand<"i32">, source: Operand<"i32">, bytes: Operand<"i32">): Statement =>
    new Value("void", [operand("i32", target), operand("i32", source), operand("i32", bytes)], [0xfc, 10, 0, 0]),
  fill: (target: Operand<"i32">, byte: Operand<"i32">, bytes: Operand<"i32">): Statement =>
    new Value("void", [operand("i32", target), operand("i32", byte), operand("i32", bytes)], [0xfc, 11, 0]),
} as const;
