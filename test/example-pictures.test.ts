/** The procedural pictures of the examples: repeatable, with answers that agree with what is drawn. */

import { describe, expect, it } from "vitest";
import { lesionImages } from "../examples/shared/lesions.ts";
import { CLASSES, HEIGHT, roadViews, WIDTH } from "../examples/shared/road.ts";
import { LANE, middleAt, type Road, steeringOf } from "../examples/shared/road-geometry.ts";

const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;

describe("lesion images", () => {
  const images = lesionImages({ samples: 600, seed: 4, prevalence: 1 / 12 });
  const all = Array.from({ length: images.length }, (_, i) => images.get(i));

  it("are the same for the same seed, and others for another", () => {
    const [again, other] = [4, 5].map((seed) => lesionImages({ samples: 3, seed, prevalence: 1 / 12 }).get(2));
    expect(again).toEqual(all[2]);
    expect(other).not.toEqual(all[2]);
  });

  it("have a mask and a contrast where, and only where, the label says lesion", () => {
    for (const { label, mask, contrast } of all) {
      expect(mask.data.some((v) => v !== 0)).toBe(label === 1);
      expect((contrast.data[0] as number) > 0).toBe(label === 1);
    }
    const share = mean(all.map(({ label }) => label));
    expect(share).toBeGreaterThan(0.05);
    expect(share).toBeLessThan(0.12);
  });

  it("are brighter on lesions than around them, in the mean", () => {
    const differences = all
      .filter(({ label }) => label === 1)
      .map(({ image, mask }) => {
        const value = (kind: number) => mean(Array.from(image.data).filter((_, i) => mask.data[i] === kind));
        return value(1) - value(0);
      });
    expect(mean(differences)).toBeGreaterThan(10);
  });
});

describe("road views", () => {
  const straight: Road = {
    horizon: 24,
    centre: 48,
    focal: 75,
    height: 1.4,
    offset: -LANE / 2,
    heading: 0,
    curvature: 0,
    bend: 0,
  };

  it("steer straight on a straight road, to the right in a right turn, and mirrored in a left one", () => {
    expect(steeringOf(straight)).toBe(0);
    const right = steeringOf({ ...straight, curvature: 0.01, heading: 0.02, bend: 0.0001 });
    const left = steeringOf({ ...straight, curvature: -0.01, heading: -0.02, bend: -0.0001 });
    expect(right).toBeGreaterThan(0);
    expect(left).toBeCloseTo(-right, 10);
  });

  it("follow a lane of constant curvature with the angle of that circle", () => {
    const degrees = (15 * Math.atan(2.7 * 0.01) * 180) / Math.PI;
    expect(steeringOf({ ...straight, curvature: 0.01 })).toBeCloseTo(degrees, 0);
    expect(middleAt({ ...straight, curvature: 0.01 }, 20)).toBeCloseTo(-LANE / 2 + 2, 10);
  });

  it("are the same for the same seed, show every class, and our lane right before the car", () => {
    const views = roadViews({ samples: 40, seed: 3 });
    expect(roadViews({ samples: 8, seed: 3 }).get(7)).toEqual(views.get(7));
    const seen = new Set<number>();
    for (let i = 0; i < views.length; i++) {
      const { image, mask } = views.get(i);
      expect(image.data.length).toBe(3 * HEIGHT * WIDTH);
      for (const label of mask.data) seen.add(label);
      expect([1, 4]).toContain(mask.data[(HEIGHT - 1) * WIDTH + WIDTH / 2]);
    }
    expect([...seen].sort()).toEqual(CLASSES.map((_, c) => c));
  });
});
