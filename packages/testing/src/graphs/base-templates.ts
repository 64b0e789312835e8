/**
 * Templates over the base ops of core.
 */

import { broadcastShapes, type Shape } from "@prewitt/core";
import type { GraphTemplate, GraphValue, TemplateContext } from "./template.ts";

function template(name: string, write: (c: TemplateContext) => string | undefined, weight = 1): GraphTemplate {
  return { name, write, weight };
}

const ranked = (least: number) => (v: GraphValue) => v.shape.length >= least;

/** An axis of a value. */
function axisOf(c: TemplateContext, v: GraphValue): number {
  return c.integer(0, v.shape.length - 1);
}

/** `{ axis: [0, 2], keepDims: true }`, or nothing for all axes. */
function reduceOptions(c: TemplateContext, shape: Shape): string {
  const mask = c.integer(0, 2 ** shape.length - 1);
  const axes = shape.flatMap((_, i) => ((mask >> i) & 1 ? [i] : []));
  const keepDims = c.choose(false, true);
  if (axes.length === 0) return keepDims ? "{ keepDims: true }" : "";
  return `{ axis: [${axes.join(", ")}]${keepDims ? ", keepDims: true" : ""} }`;
}

const elementwise: readonly GraphTemplate[] = [
  template(
    "unary",
    (c) => {
      const x = c.float();
      // Ranges of exp, log, sqrt and reciprocal are cut so that values stay of the size of 1.
      const calls = [
        "tanh()",
        "neg()",
        "abs()",
        "square()",
        "sigmoid()",
        "sin()",
        "cos()",
        "erf()",
        "sign()",
        "floor()",
        "ceil()",
        "round()",
        "clamp(-0.5, 0.5)",
        "clamp(-2, 2).exp()",
        "clamp(-2, 2).expm1()",
        "abs().add(0.5).log()",
        "abs().log1p()",
        "abs().sqrt()",
        "abs().add(0.5).reciprocal()",
      ];
      return x && `${x.name}.${c.choose(...calls)}`;
    },
    6,
  ),
  template(
    "with a number",
    (c) => {
      const x = c.float();
      return x && `${x.name}.${c.choose("add", "mul", "sub", "div", "maximum", "minimum")}(${c.number()})`;
    },
    2,
  ),
  template(
    "binary",
    (c) => {
      const a = c.float();
      const b = a && c.float((v) => broadcastShapes(a.shape, v.shape) !== undefined);
      const op = c.choose("add", "mul", "sub", "maximum", "minimum", "div");
      return a && b && `${a.name}.${op}(${b.name})`;
    },
    6,
  ),
  template("power", (c) => {
    const x = c.float();
    return x && `${x.name}.${c.choose("pow(2)", "pow(3)", "abs().add(0.1).pow(0.5)", "abs().add(0.1).pow(-1.3)")}`;
  }),
  template(
    "where",
    (c) => {
      const a = c.float();
      const b = a && c.float((v) => broadcastShapes(a.shape, v.shape) !== undefined);
      const test = c.choose("greater", "less", "equal", "notEqual", "greaterEqual", "lessEqual");
      return a && b && `where(${a.name}.${test}(${b.name}), ${c.choose(a, b).name}, ${c.choose(b, a).name})`;
    },
    2,
  ),
  template("a test as numbers", (c) => {
    const x = c.float();
    const test = c.choose(
      "isFinite()",
      "isNaN()",
      "greater(0)",
      "less(0.3).logicalNot()",
      "greater(0).logicalAnd({x}.less(1))",
      "greater(1).logicalOr({x}.less(0))",
    );
    return x && `${x.name}.${test.replace("{x}", x.name)}.cast("${x.dtype}")`;
  }),
  template("through integers", (c) => {
    const x = c.float();
    return (
      x && `${x.name}.clamp(-9, 9).cast("int32").${c.choose("add(3)", "mul(2)", "abs()", "neg()")}.cast("${x.dtype}")`
    );
  }),
];

const reductions: readonly GraphTemplate[] = [
  template(
    "reduce",
    (c) => {
      const x = c.float();
      return x && `${x.name}.${c.choose("sum", "mean", "max", "min", "variance")}(${reduceOptions(c, x.shape)})`;
    },
    5,
  ),
  template("moments of an axis", (c) => {
    const x = c.float(ranked(1));
    return x && `moments(${x.name}, { axis: ${axisOf(c, x)}, keepDims: true })`;
  }),
  template("index of the extreme", (c) => {
    const x = c.float(ranked(1));
    return x && `${x.name}.${c.choose("argmax", "argmin")}({ axis: ${axisOf(c, x)} }).cast("${x.dtype}")`;
  }),
  template("cumsum", (c) => {
    const x = c.float(ranked(1));
    const options = c.choose("", ", { exclusive: true }", ", { reverse: true }");
    return x && `cumsum(${x.name}, ${axisOf(c, x)}${options})`;
  }),
  template("sort", (c) => {
    const x = c.float(ranked(1));
    return x && `sort(${x.name}, ${axisOf(c, x)}${c.choose("", ", { descending: true }")}).values`;
  }),
];

const shapes: readonly GraphTemplate[] = [
  template(
    "transpose",
    (c) => {
      const x = c.float(ranked(2));
      if (x === undefined) return undefined;
      const order = x.shape.map((_, i) => i);
      for (let i = order.length - 1; i > 0; i--) {
        const k = i - c.integer(0, i);
        [order[i], order[k]] = [order[k] as number, order[i] as number];
      }
      return `${x.name}.transpose([${order.join(", ")}])`;
    },
    2,
  ),
  template(
    "reshape",
    (c) => {
      const x = c.float();
      if (x === undefined) return undefined;
      const at = c.integer(0, x.shape.length);
      const joined = x.shape.slice(at).reduce((a, b) => a * b, 1);
      const shape = c.choose([...x.shape.slice(0, at), joined], [...x.shape.slice(0, at), 1, ...x.shape.slice(at)]);
      return `${x.name}.reshape([${shape.join(", ")}])`;
    },
    2,
  ),
  template("stretch", (c) => {
    const x = c.float((v) => v.shape.length < 5);
    if (x === undefined) return undefined;
    const at = c.integer(0, x.shape.length);
    const shape = [...x.shape.slice(0, at), c.integer(2, 3), ...x.shape.slice(at)];
    return `${x.name}.unsqueeze(${at}).broadcastTo([${shape.join(", ")}])`;
  }),
  template(
    "slice",
    (c) => {
      const x = c.float(ranked(1));
      if (x === undefined) return undefined;
      const ranges = x.shape.map((n) =>
        c.choose(
          "null",
          `[${c.integer(0, Math.floor(n / 2))}, null]`,
          `[null, null, ${c.integer(2, 3)}]`,
          "[null, null, -1]",
          n > 1 ? "[null, -1]" : "0",
        ),
      );
      return `${x.name}.slice(${ranges.join(", ")})`;
    },
    2,
  ),
  template("pad", (c) => {
    const x = c.float(ranked(1));
    if (x === undefined) return undefined;
    const widths = x.shape.map(() => `[${c.integer(0, 2)}, ${c.integer(0, 1)}]`);
    return `${x.name}.pad([${widths.join(", ")}]${c.choose("", ", { value: 0.3 }")})`;
  }),
  template("flip", (c) => {
    const x = c.float(ranked(1));
    return x && `${x.name}.flip(${axisOf(c, x)})`;
  }),
  template("concat", (c) => {
    const a = c.float(ranked(1));
    if (a === undefined) return undefined;
    const axis = axisOf(c, a);
    const fits = (v: GraphValue): boolean =>
      v.shape.length === a.shape.length && v.shape.every((n, i) => i === axis || n === a.shape[i]);
    const b = c.float(fits) as GraphValue;
    return `concat([${a.name}, ${b.name}, ${c.choose(a, b).name}], ${axis})`;
  }),
  template("stack", (c) => {
    const a = c.float((v) => v.shape.length < 5);
    const b = a && (c.float((v) => v.shape.join() === a.shape.join()) as GraphValue);
    return a && b && `stack([${a.name}, ${b.name}], ${c.integer(0, a.shape.length)})`;
  }),
  template("split", (c) => {
    const x = c.float((v) => v.shape.some((n) => n === 2 || n === 4));
    return x && `split(${x.name}, 2, ${x.shape.findIndex((n) => n === 2 || n === 4)})`;
  }),
];

const indexing: readonly GraphTemplate[] = [
  template("take", (c) => {
    const x = c.float(ranked(1));
    if (x === undefined) return undefined;
    const axis = axisOf(c, x);
    const index = [0, 1, 2].map(() => c.integer(0, (x.shape[axis] as number) - 1));
    return `${x.name}.take(tensor([${index.join(", ")}], { dtype: "int32" }), ${axis})`;
  }),
  template("gather", (c) => {
    const x = c.float(ranked(1));
    return (
      x &&
      `((axis) => ${x.name}.gather(${x.name}.${c.choose("argmax", "argmin")}({ axis, keepDims: true }), axis))(${axisOf(c, x)})`
    );
  }),
  template("scatterAdd", (c) => {
    const x = c.float((v) => v.shape.length === 2);
    const index = [0, 1, 2].map(() => c.integer(0, 2));
    return (
      x &&
      `scatterAdd(zeros([3, ${x.shape[1]}], { dtype: "${x.dtype}" }), tensor([${index.join(", ")}], { dtype: "int32" }).reshape([3, 1]).broadcastTo([3, ${x.shape[1]}]).slice([0, ${Math.min(3, x.shape[0] as number)}], null), ${x.name}.slice([0, ${Math.min(3, x.shape[0] as number)}], null), 0)`
    );
  }),
  template(
    "matmul",
    (c) => {
      const a = c.float(ranked(2));
      const b =
        a &&
        c.float(
          (v) =>
            v.shape.length === a.shape.length &&
            v.shape.at(-2) === a.shape.at(-1) &&
            broadcastShapes(v.shape.slice(0, -2), a.shape.slice(0, -2)) !== undefined,
        );
      if (a === undefined) return undefined;
      const order = a.shape.map((_, i) => i);
      order.push(...order.splice(-2).reverse());
      return b ? `${a.name}.matmul(${b.name})` : `${a.name}.matmul(${a.name}.transpose([${order.join(", ")}]))`;
    },
    3,
  ),
];

const gradients: readonly GraphTemplate[] = [
  template(
    "gradient",
    (c) => {
      const y = c.float((v) => v.from.size > 2) ?? c.float((v) => v.from.size > 1);
      const atInput = c.choose(true, true, false);
      const x = y && c.float((v) => y.from.has(v.name) && (!atInput || v.from.size === 1));
      return x && y && `grad(${y.name}.mul(${y.name}).mean(), ${x.name}, { unused: "zeros" })`;
    },
    3,
  ),
  template("checkpoint", (c) => {
    const x = c.float();
    const body = c.choose("x.sin().mul(x)", "x.tanh().square().add(x).tanh()", "x.exp().sum().mul(x).sigmoid()");
    return x && `checkpoint((x) => ${body.replace("exp()", "clamp(-2, 2).exp()")})(${x.name})`;
  }),
  template("stopGradient", (c) => {
    const x = c.float();
    return x && `${x.name}.stopGradient().mul(${x.name})`;
  }),
];

const created: readonly GraphTemplate[] = [
  template("random", (c) => {
    const x = c.float();
    const key = `tensor([${c.integer(0, 9)}, 3], { dtype: "int32" })`;
    return x && `${c.choose("uniform", "normal")}(${key}, [${x.shape.join(", ")}]).cast("${x.dtype}").mul(${x.name})`;
  }),
  template("table", (c) => {
    const x = c.float((v) => v.shape.length === 2);
    return (
      x &&
      c.choose(
        `eye(${x.shape[0]}, { dtype: "${x.dtype}" }).matmul(${x.name})`,
        `oneHot(${x.name}.argmax({ axis: 1 }), ${x.shape[1]}, { dtype: "${x.dtype}" }).mul(${x.name})`,
      )
    );
  }),
];

/** Templates over the base ops. */
export const baseTemplates: readonly GraphTemplate[] = [
  ...elementwise,
  ...reductions,
  ...shapes,
  ...indexing,
  ...gradients,
  ...created,
];
