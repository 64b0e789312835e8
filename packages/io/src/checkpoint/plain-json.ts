/**
 * Plain data as JSON that gives every number back: those that JSON has no word for are { "$number": "NaN" } and the like.
 */

import { locate, OptionError } from "@prewitt/core";
import type { Plain } from "@prewitt/nn";

const NUMBER = "$number";
const words: ReadonlyMap<string, number> = new Map([
  ["NaN", Number.NaN],
  ["Infinity", Number.POSITIVE_INFINITY],
  ["-Infinity", Number.NEGATIVE_INFINITY],
  ["-0", -0],
]);

/** Levels that data may be nested; deeper text is refused before it can exhaust the stack. */
const DEPTH = 64;

function refuse(at: string, what: string): never {
  throw locate(
    new OptionError({
      op: "checkpoint",
      summary: `${at} is ${what}, which a checkpoint cannot hold`,
      fix: "save numbers, texts, booleans, null, arrays and plain objects",
    }),
  );
}

function encoded(value: unknown, at: string, depth: number): unknown {
  if (depth > DEPTH) refuse(at, `nested deeper than ${DEPTH} levels`);
  if (value === null || typeof value === "string" || typeof value === "boolean") return value;
  if (typeof value === "number") {
    const spelled = Object.is(value, -0) ? "-0" : String(value);
    return words.has(spelled) ? { [NUMBER]: spelled } : value;
  }
  if (Array.isArray(value)) return value.map((v, i) => encoded(v, `${at}[${i}]`, depth + 1));
  if (typeof value !== "object") return refuse(at, typeof value === "undefined" ? "undefined" : `a ${typeof value}`);
  const prototype = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return refuse(at, `a ${value.constructor?.name}`);
  if (NUMBER in value) return refuse(at, `an object with the key "${NUMBER}"`);
  const entries = Object.entries(value).filter(([, v]) => v !== undefined);
  return Object.fromEntries(entries.map(([key, v]) => [key, encoded(v, `${at}.${key}`, depth + 1)]));
}

/** `value` as text. Keys without a value are left out. Throws `OptionError` for what is no plain data, naming where. */
export function toJson(value: unknown, name: string): string {
  return JSON.stringify(encoded(value, name, 0));
}

function decoded(value: unknown, depth: number): Plain {
  if (depth > DEPTH + 1) throw new RangeError(`nested deeper than ${DEPTH} levels`);
  if (Array.isArray(value)) return value.map((v) => decoded(v, depth + 1));
  if (typeof value !== "object" || value === null) return value as Plain;
  const word = (value as Record<string, unknown>)[NUMBER];
  if (word !== undefined) {
    const number = words.get(word as string);
    if (number === undefined) throw new SyntaxError(`${JSON.stringify(NUMBER)} is none of ${[...words.keys()]}`);
    return number;
  }
  return Object.fromEntries(Object.entries(value).map(([key, v]) => [key, decoded(v, depth + 1)]));
}

/** What `toJson` wrote. Throws `SyntaxError` or `RangeError` for other text. */
export function fromJson(text: string): Plain {
  return decoded(JSON.parse(text), 0);
}
