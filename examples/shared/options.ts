/**
 * Options of an example on the command line: whole numbers by name, and `--short` for a form that runs in seconds.
 * `PREWITT_SHORT=1` asks for the short form too.
 */

import { parseArgs } from "node:util";

export interface Option {
  readonly value: number;
  /** Value in the short form; default: the same. */
  readonly short?: number;
  readonly least?: number;
  readonly help: string;
}

/** The options' values, and whether this is the short form. Ends the process with a usage text when they are wrong. */
export function readOptions<const O extends Readonly<Record<string, Option>>>(
  options: O,
): { readonly [K in keyof O]: number } & { readonly short: boolean } {
  const types = Object.fromEntries(Object.keys(options).map((name) => [name, { type: "string" as const }]));
  try {
    const parsed = parseArgs({ options: { ...types, short: { type: "boolean" } } });
    const values: Readonly<Record<string, string | boolean | undefined>> = parsed.values;
    const short = values.short === true || process.env.PREWITT_SHORT === "1";
    const numbers = Object.entries(options).map(([name, { value, short: shorter = value, least = 1 }]) => {
      const text = values[name];
      const chosen = typeof text === "string" ? Number(text) : short ? shorter : value;
      if (Number.isInteger(chosen) && chosen >= least) return [name, chosen];
      throw new Error(`--${name} is ${JSON.stringify(text)}, and must be an integer of ${least} or more.`);
    });
    return { ...Object.fromEntries(numbers), short } as { readonly [K in keyof O]: number } & {
      readonly short: boolean;
    };
  } catch (error) {
    const lines = Object.entries(options).map(([name, { value, help }]) => `  --${name} N  ${help} (${value})`);
    console.error(
      [(error as Error).message, "", "Options:", ...lines, "  --short  a form that runs in seconds"].join("\n"),
    );
    process.exit(1);
  }
}
