/**
 * Reading window options: a number or one number an axis, and padding in its five forms.
 */

import type { Problems } from "../problems.ts";

/** Vertical, then horizontal. */
export type Pair = readonly [vertical: number, horizontal: number];

/** `[[top, bottom], [left, right]]` */
export type Sides = readonly [vertical: readonly [number, number], horizontal: readonly [number, number]];

/** A number for both axes, or one an axis. */
export type PairOption = number | Pair;

/**
 * A number for all four sides, `[vertical, horizontal]`, `[[top, bottom], [left, right]]`, `"valid"` (none) or `"same"`
 * (⌈size / stride⌉ outputs; an odd cell goes to the bottom and the right).
 */
export type PaddingOption = number | Pair | Sides | "same" | "valid";

/** Padding as attributes keep it. */
export type Padding = Sides | "same" | "valid";

/** `1 or 2` → `[1, 1]`; a problem where the option is not made of integers of at least `least`. */
export function readPair(problems: Problems, name: string, value: unknown, least: 0 | 1): Pair {
  const fits = (n: unknown): n is number => Number.isSafeInteger(n) && (n as number) >= least;
  if (fits(value)) return [value, value];
  if (Array.isArray(value) && value.length === 2 && value.every(fits)) return value as unknown as Pair;
  problems.option({
    summary: `${name} must be an integer of ${least} or more, or one for each of [H, W]`,
    detail: `${name} is ${show(value)}`,
    fix: `write ${name}: ${least} or ${name}: [${least}, ${least}]`,
  });
  return [1, 1];
}

const sides = (vertical: Pair, horizontal: Pair): Sides => [
  [vertical[0], vertical[1]],
  [horizontal[0], horizontal[1]],
];

/** Padding in one of its forms as sides, "same" or "valid". */
export function readPadding(problems: Problems, value: unknown, words: readonly string[] = ["same", "valid"]): Padding {
  if (typeof value === "string" && words.includes(value)) return value as "same" | "valid";
  const fits = (n: unknown): n is number => Number.isSafeInteger(n) && (n as number) >= 0;
  const isPair = (p: unknown): p is Pair => Array.isArray(p) && p.length === 2 && p.every(fits);
  if (fits(value)) return sides([value, value], [value, value]);
  if (isPair(value)) return sides([value[0], value[0]], [value[1], value[1]]);
  if (Array.isArray(value) && value.length === 2 && value.every(isPair))
    return sides(value[0] as Pair, value[1] as Pair);
  const forms = ["a number", "[vertical, horizontal]", "[[top, bottom], [left, right]]", ...words.map((w) => `"${w}"`)];
  problems.option({
    summary: `padding must be ${forms.slice(0, -1).join(", ")} or ${forms.at(-1)}`,
    detail: `padding is ${show(value)}`,
    fix: words.includes("same") ? 'write padding: 1, or padding: "same"' : "use 1, or [[0, 1], [0, 1]]",
  });
  return sides([0, 0], [0, 0]);
}

/** A boolean option. */
export function readFlag(problems: Problems, name: string, value: unknown): boolean {
  if (typeof value === "boolean") return value;
  problems.option({
    summary: `${name} must be true or false`,
    detail: `${name} is ${show(value)}`,
    fix: `write ${name}: true`,
  });
  return false;
}

/** A value as an error shows it. */
export function show(value: unknown): string {
  if (typeof value === "string") return `"${value}"`;
  if (Array.isArray(value)) return `[${value.map(show).join(", ")}]`;
  if (typeof value === "object" && value !== null) return "an object";
  return String(value);
}

/** `[[1, 1], [0, 2]]` */
export function formatSides(sides: Sides): string {
  return `[${sides.map(([before, after]) => `[${before}, ${after}]`).join(", ")}]`;
}
