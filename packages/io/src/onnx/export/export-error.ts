/** What a graph asks for and the file format has not. */

import { formatSite, type Node, PrewittError } from "@prewitt/core";

/** A graph that cannot be written in the format; names the op, the module and the user's line. */
export class ExportError extends PrewittError {}

export interface Misfit {
  readonly summary: string;
  readonly problems?: readonly string[] | undefined;
  readonly fix?: string | undefined;
}

/** Throws `ExportError` about `node`. */
export function failAt(node: Node, misfit: Misfit): never {
  const { partOf } = node;
  const within = partOf === undefined || partOf === node.op.name ? [] : [`it is part of ${partOf}`];
  throw new ExportError({
    ...misfit,
    op: node.op.name,
    module: node.scope === "" ? undefined : node.scope,
    operands: node.inputs.map((t, i) => ({
      name: node.op.inputNames?.[i] ?? `input ${i}`,
      shape: t.shape,
      dtype: t.dtype,
    })),
    problems: [...(misfit.problems ?? []), ...within],
    at: formatSite(node.site),
  });
}
