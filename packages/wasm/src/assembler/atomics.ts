/**
 * Atomic instructions on shared memory (32-bit: counters, flags, waiting). Addresses must be 4-byte aligned, or the
 * instruction traps. Sequentially consistent, as everything in the threads proposal.
 */

import { memoryArgument } from "./memory.ts";
import { type Operand, operand, type Statement, Value } from "./value.ts";

type Address = Operand<"i32">;
type Word = Operand<"i32">;

const word = (code: number, offset: number): number[] => [0xfe, code, ...memoryArgument(2, offset)];

const readModifyWrite =
  (code: number) =>
  (address: Address, value: Word, offset = 0): Value<"i32"> =>
    new Value("i32", [operand("i32", address), operand("i32", value)], word(code, offset));

export const atomic = {
  load: (address: Address, offset = 0): Value<"i32"> => new Value("i32", [operand("i32", address)], word(0x10, offset)),
  store: (address: Address, value: Word, offset = 0): Statement =>
    new Value("void", [operand("i32", address), operand("i32", value)], word(0x17, offset)),
  /** These return the value that was there before. */
  add: readModifyWrite(0x1e),
  sub: readModifyWrite(0x25),
  and: readModifyWrite(0x2c),
  or: readModifyWrite(0x33),
  xor: readModifyWrite(0x3a),
  exchange: readModifyWrite(0x41),
  compareExchange: (address: Address, expected: Word, replacement: Word, offset = 0): Value<"i32"> =>
    new Value(
      "i32",
      [operand("i32", address), operand("i32", expected), operand("i32", replacement)],
      word(0x48, offset),
    ),
  /** Sleeps while the word equals `expected`; nanoseconds, −1 for ever. 0 woken, 1 not equal, 2 timed out. */
  wait: (address: Address, expected: Word, nanoseconds: Operand<"i64">, offset = 0): Value<"i32"> =>
    new Value(
      "i32",
      [operand("i32", address), operand("i32", expected), operand("i64", nanoseconds)],
      word(0x01, offset),
    ),
  /** Wakes at most `count` sleepers; returns how many. */
  notify: (address: Address, count: Word, offset = 0): Value<"i32"> =>
    new Value("i32", [operand("i32", address), operand("i32", count)], word(0x00, offset)),
  fence: (): Statement => new Value("void", [], [0xfe, 0x03, 0x00]),
} as const;
