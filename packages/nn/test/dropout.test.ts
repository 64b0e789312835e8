import { compile, grad, ones, seed, tensor } from "@prewitt/core";
import { Dropout, init, Sequential } from "@prewitt/nn";
import { describe, expect, test } from "vitest";

const x = ones([100, 200]);
const share = (data: ArrayLike<number>, value: number): number =>
  Array.from(data).filter((v) => v === value).length / data.length;

describe("dropout", () => {
  test("drops the given share and keeps the expectation", () => {
    const model = init(new Sequential(new Dropout(0.2)), [200]);
    const y = model.forward(x).dataSync();
    expect(share(y, 0) + share(y, Math.fround(1 / (1 - Math.fround(0.2))))).toBe(1);
    // 20,000 draws: five standard deviations of the share are 0.0141.
    expect(Math.abs(share(y, 0) - 0.2)).toBeLessThan(0.0142);
  });

  test("is the identity in evaluation mode, where its counter rests", () => {
    const model = init(new Sequential(new Dropout(0.5)), [200]).eval();
    expect(model.forward(x)).toBe(x);
    expect(model.buffers()["0.counter"]?.read().itemSync()).toBe(0);
  });

  test("a rate of 0 changes nothing", () => {
    const model = init(new Sequential(new Dropout(0)), [200]);
    expect(model.forward(x)).toBe(x);
  });

  test("every call and every layer has a mask of its own", () => {
    const model = init(new Sequential(new Dropout(), new Dropout()), [200]);
    const [a, b] = model.layers;
    const masks = [a.forward(x), a.forward(x), b.forward(x)].map((y) => y.dataSync().join());
    expect(new Set(masks).size).toBe(3);
    // Independent masks of rate ½ agree in about half of the places.
    const model2 = init(new Sequential(new Dropout()), [200]);
    const [p, q] = [model2.forward(x).dataSync(), model2.forward(x).dataSync()];
    const agree = p.filter((v, i) => v === q[i]).length / p.length;
    expect(Math.abs(agree - 0.5)).toBeLessThan(0.0177);
  });

  test("repeats with seed and counter, compiled or not, and differs with another seed", () => {
    const run = (s: number, compiled: boolean) => {
      seed(s);
      const model = init(new Sequential(new Dropout()), [200]);
      const forward = compiled ? compile(() => model.forward(x)) : () => model.forward(x);
      const masks = [forward(), forward()].map((y) => y.dataSync());
      const resumed = init(new Sequential(new Dropout()), [200]);
      resumed.loadStateDict(model.stateDict({ counters: true }));
      masks.push(resumed.forward(x).dataSync(), model.forward(x).dataSync());
      seed(0);
      return masks;
    };
    const masks = run(5, false);
    expect(run(5, true)).toEqual(masks);
    expect(masks[2]).toEqual(masks[3]);
    expect(run(6, false)[0]).not.toEqual(masks[0]);
  });

  test("the gradient passes where the value did", () => {
    const model = init(new Sequential(new Dropout(0.5)), [4]);
    const input = tensor([[1, 2, 3, 4]]);
    const y = model.forward(input);
    const g = grad(y.sum(), input);
    expect(g.mul(input).arraySync()).toEqual(y.arraySync());
  });
});
