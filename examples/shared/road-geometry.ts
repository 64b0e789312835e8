/**
 * A road on flat ground seen by a pinhole camera, and the angle of the steering wheel that follows it.
 *
 * Metres, z forward and x to the right of the camera, which is `height` above the ground. The horizon is at row `horizon`,
 * the focal length is `focal` pixels: ground at distance z is seen at row horizon + focal · height / z, x of it at column
 * centre + focal · x / z. The middle of the road runs through
 *
 *   x(z) = offset + heading z + curvature z² / 2 + bend z³ / 6
 *
 * a clothoid for small angles: curvature and its change per metre. The car belongs in the middle of the right lane.
 */

import type { SampleRandom } from "prewitt/data";
import { between } from "./noise.ts";

export const WIDTH = 96;
export const HEIGHT = 64;
/** Width of each of the two lanes in metres. */
export const LANE = 3.4;
const FOCAL = 75;
/** Distance in metres to the place that the car is steered to. */
const LOOK_AHEAD = 14;
const WHEELBASE = 2.7;
/** Turns of the steering wheel for one of the front wheels. */
const RATIO = 15;

export interface Road {
  readonly horizon: number;
  /** Column straight ahead. */
  readonly centre: number;
  readonly focal: number;
  readonly height: number;
  readonly offset: number;
  readonly heading: number;
  readonly curvature: number;
  readonly bend: number;
}

export function randomRoad(random: SampleRandom): Road {
  // The square keeps the sign and makes gentle curves the most frequent ones, as they are on roads.
  const turn = between(random, -1, 1);
  return {
    horizon: between(random, 20, 27),
    centre: WIDTH / 2 + between(random, -2, 2),
    focal: FOCAL,
    height: between(random, 1.3, 1.6),
    offset: -LANE / 2 + between(random, -0.5, 0.5),
    heading: between(random, -0.06, 0.06),
    curvature: 0.022 * turn * Math.abs(turn),
    bend: between(random, -0.0003, 0.0003),
  };
}

/** Metres to the right of the camera at which the middle of the road lies at distance z. */
export function middleAt({ offset, heading, curvature, bend }: Road, z: number): number {
  return offset + z * (heading + z * (curvature / 2 + (z * bend) / 6));
}

/**
 * Degrees of the steering wheel, to the right positive: pure pursuit (R. C. Coulter, 1992), the circle from the car, along its
 * direction, through the middle of the lane at the look-ahead distance d. At lateral distance x there, its curvature is
 * 2 x / (x² + d²); the front wheels of a car with wheelbase l stand at atan(l · curvature).
 */
export function steeringOf(road: Road): number {
  const x = middleAt(road, LOOK_AHEAD) + LANE / 2;
  const curvature = (2 * x) / (x * x + LOOK_AHEAD * LOOK_AHEAD);
  return (RATIO * Math.atan(WHEELBASE * curvature) * 180) / Math.PI;
}
