/** Synthetic scenes: cut-out objects, scaled, mirrored and placed at random over a random background. */
import { uniformFloat32 } from 'pure-rand/distribution/uniformFloat32';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { type RandomGenerator, randomGenerator } from '../../random.js';
import { type Cutout, resizeCutout } from './area-resize.js';
import type { DetectionExample } from './example.js';

export interface LabelledCutout extends Cutout {
  /** From 1. */
  readonly label: number;
}

/** Side of a scene in pixels. */
const SCENE_SIDE = 128;
const MOST_OBJECTS = 4;
/** Longer side of an object in pixels. */
const SMALLEST_OBJECT = 24;
const LARGEST_OBJECT = 72;
/** Alpha from which a pixel belongs to an object. */
const OPAQUE = 128;
/** Share of an object that must be seen; objects that would hide others too much are left out. */
const LEAST_VISIBLE = 0.5;
/** Sides of an object below this would leave nothing to see, in pixels. */
const LEAST_SIDE = 6;

/**
 * The scene of this name: the same name and cut-outs always give the same scene. 1 to 4 objects, the later ones in
 * front, each at least half visible.
 */
export function makeScene(name: string, cutouts: readonly LabelledCutout[]): DetectionExample {
  const random = randomGenerator(0, name);
  const pixels = background(random);
  const instances = new Uint8Array(SCENE_SIDE * SCENE_SIDE);
  const labels: number[] = [];
  const areas: number[] = [];
  const wanted = uniformInt(random, 1, MOST_OBJECTS);
  for (let i = 0; i < wanted; i++) {
    const cutout = cutouts[uniformInt(random, 0, cutouts.length - 1)]!;
    const placed = place(cutout, random);
    const own = coveredPixels(placed);
    if (own.length === 0 || hidesTooMuch(own, instances, areas)) continue;
    paint(placed, pixels);
    labels.push(cutout.label);
    areas.push(own.length);
    for (const at of own) instances[at] = labels.length;
  }
  return { height: SCENE_SIDE, width: SCENE_SIDE, pixels, instances, labels: Int32Array.from(labels) };
}

interface Placed {
  readonly picture: Cutout;
  readonly left: number;
  readonly top: number;
}

function place(cutout: Cutout, random: RandomGenerator): Placed {
  const longer = uniformInt(random, SMALLEST_OBJECT, LARGEST_OBJECT);
  const scale = longer / Math.max(cutout.height, cutout.width);
  const size = [cutout.height, cutout.width].map((side) => Math.max(Math.round(side * scale), LEAST_SIDE));
  const [height, width] = size as [number, number];
  const resized = resizeCutout(cutout, [height, width]);
  const picture = uniformInt(random, 0, 1) === 1 ? mirror(resized) : resized;
  return {
    picture,
    left: uniformInt(random, 0, SCENE_SIDE - width),
    top: uniformInt(random, 0, SCENE_SIDE - height),
  };
}

function mirror({ height, width, pixels }: Cutout): Cutout {
  const mirrored = new Uint8Array(pixels.length);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const from = (y * width + x) * 4;
      mirrored.set(pixels.subarray(from, from + 4), (y * width + width - 1 - x) * 4);
    }
  }
  return { height, width, pixels: mirrored };
}

/** Pixels of the scene that belong to the object. */
function coveredPixels({ picture: { height, width, pixels }, left, top }: Placed): number[] {
  const covered: number[] = [];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if (pixels[(y * width + x) * 4 + 3]! >= OPAQUE) covered.push((top + y) * SCENE_SIDE + left + x);
    }
  }
  return covered;
}

/** @param areas whole size of each object that is there */
function hidesTooMuch(own: readonly number[], instances: Uint8Array, areas: readonly number[]): boolean {
  const visible = new Float64Array(areas.length);
  for (const instance of instances) if (instance > 0) visible[instance - 1]!++;
  for (const at of own) if (instances[at]! > 0) visible[instances[at]! - 1]!--;
  return areas.some((area, i) => visible[i]! < LEAST_VISIBLE * area);
}

function paint({ picture: { height, width, pixels }, left, top }: Placed, scene: Uint8Array): void {
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const from = (y * width + x) * 4;
      const to = ((top + y) * SCENE_SIDE + left + x) * 3;
      const opacity = pixels[from + 3]! / 255;
      for (let c = 0; c < 3; c++) {
        scene[to + c] = Math.round(opacity * pixels[from + c]! + (1 - opacity) * scene[to + c]!);
      }
    }
  }
}

/** Cells of the coarse grid that the background's colours are drawn on. */
const CELLS = 4;
/** Largest deviation of a pixel from the smooth background, in grey levels. */
const GRAIN = 24;

/** Colours drawn on a coarse grid, interpolated, with grain: [side, side, 3] bytes. */
function background(random: RandomGenerator): Uint8Array {
  const grid = Float64Array.from({ length: (CELLS + 1) ** 2 * 3 }, () => 255 * uniformFloat32(random));
  const scene = new Uint8Array(SCENE_SIDE * SCENE_SIDE * 3);
  for (let y = 0; y < SCENE_SIDE; y++) {
    for (let x = 0; x < SCENE_SIDE; x++) {
      const grain = (2 * uniformFloat32(random) - 1) * GRAIN;
      const [v, u] = [(y * CELLS) / SCENE_SIDE, (x * CELLS) / SCENE_SIDE];
      const [row, column] = [Math.floor(v), Math.floor(u)];
      for (let c = 0; c < 3; c++) {
        const corner = (dy: number, dx: number) =>
          grid[((row + dy) * (CELLS + 1) + column + dx) * 3 + c]! *
          (dy === 1 ? v - row : 1 - v + row) *
          (dx === 1 ? u - column : 1 - u + column);
        const smooth = corner(0, 0) + corner(0, 1) + corner(1, 0) + corner(1, 1);
        scene[(y * SCENE_SIDE + x) * 3 + c] = Math.min(Math.max(Math.round(smooth + grain), 0), 255);
      }
    }
  }
  return scene;
}
