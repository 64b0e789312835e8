/**
 * State dicts of other systems in the names and orders of a model: rules that rename, drop and transpose.
 */

import { checkOptions, locate, OptionError, type Tensor } from "@prewitt/core";
import { rearrange } from "./rearrange.ts";

export interface AdaptRule {
  /** The keys that the rule is for: one key, or all that match. */
  readonly from: string | RegExp;
  /** The new key, in which $1 stands for the first group of `from`; `null` drops the entry. Default: the same key. */
  readonly to?: string | null | undefined;
  /** A new order of axes, as in `rearrange`: "HWIO->OIHW" for Keras' convolutions, "IO->OI" for its dense layers. */
  readonly axes?: string | undefined;
  /** Sizes of the axes that `axes` splits. */
  readonly sizes?: Readonly<Record<string, number>> | undefined;
}

function newKey(key: string, { from, to }: AdaptRule): string | null | undefined {
  if (typeof from === "string") return key === from ? (to === undefined ? key : to) : undefined;
  // A sticky or global expression would remember where it stopped.
  const pattern = new RegExp(from.source, from.flags.replace(/[gy]/g, ""));
  if (!pattern.test(key)) return undefined;
  return to === undefined || to === null ? (to === undefined ? key : null) : key.replace(pattern, to);
}

/**
 * A state dict whose entries went through the first rule that matches each of them; others stay as they are.
 *
 * Throws `OptionError` that lists rules that match nothing and keys that would get the same name, and what `rearrange`
 * throws, with the key.
 *
 * @example
 * const weights = adaptStateDict(await loadSafetensors("theirs.safetensors"), [
 *   { from: /^module\./, to: "" },
 *   { from: /^conv(\d)\/kernel$/, to: "features.$1.weight", axes: "HWIO->OIHW" },
 *   { from: /^optimizer/, to: null },
 * ]);
 * model.loadStateDict(weights);
 */
export function adaptStateDict(
  dict: Readonly<Record<string, Tensor>>,
  rules: readonly AdaptRule[],
): Record<string, Tensor> {
  for (const rule of rules) checkOptions("adaptStateDict", rule, ["from", "to", "axes", "sizes"]);
  const used = new Set<AdaptRule>();
  const sources = new Map<string, string[]>();
  const out: [string, Tensor][] = [];
  for (const [key, value] of Object.entries(dict)) {
    const rule = rules.find((r) => newKey(key, r) !== undefined);
    const name = rule === undefined ? key : newKey(key, rule);
    if (rule !== undefined) used.add(rule);
    if (name === null || name === undefined) continue;
    sources.set(name, [...(sources.get(name) ?? []), key]);
    out.push([name, rule?.axes === undefined ? value : rearranged(key, value, rule.axes, rule.sizes)]);
  }
  const problems = [
    ...rules.flatMap((rule) => (used.has(rule) ? [] : [`no key for the rule from ${rule.from}`])),
    ...[...sources].flatMap(([name, keys]) => (keys.length > 1 ? [`${keys.join(" and ")} both become ${name}`] : [])),
  ];
  if (problems.length === 0) return Object.fromEntries(out);
  throw locate(
    new OptionError({
      op: "adaptStateDict",
      summary: "the rules do not fit the state dict",
      problems: [...problems, `keys: ${Object.keys(dict).slice(0, 20).join(", ")}`],
      fix: "put rules for single keys before those for many, and remove what matches nothing",
    }),
  );
}

function rearranged(key: string, value: Tensor, axes: string, sizes?: Readonly<Record<string, number>>): Tensor {
  try {
    return rearrange(value, axes, sizes);
  } catch (error) {
    if (error instanceof OptionError || !(error instanceof Error && "fill" in error)) throw error;
    throw (error as OptionError).fill({ module: key });
  }
}
