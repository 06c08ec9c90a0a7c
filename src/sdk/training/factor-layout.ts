import type { BackboneConfig } from "../backbone/index.js";
import { factorShapes, listExpertTargets, type ExpertFactors, type ExpertTarget } from "../experts/index.js";
import { HostTensor } from "../weights/index.js";
import type { RandomSource } from "./recipes/index.js";

/** Where the factors of one target lie among all of an expert's numbers. */
export interface FactorPlace {
  readonly target: ExpertTarget;
  readonly shapeA: readonly [number, number];
  /** First number of A, row by row. */
  readonly offsetA: number;
  readonly shapeB: readonly [number, number];
  /** First number of B, row by row. */
  readonly offsetB: number;
}

/** All factors of an expert as one row of numbers, which is what an optimiser works on. */
export class FactorLayout {
  /** The targets, in the order of the numbers. */
  readonly places: readonly FactorPlace[];
  /** How many numbers there are. */
  readonly length: number;

  constructor(config: BackboneConfig, rank: number) {
    let length = 0;
    const take = ([rows, columns]: readonly [number, number]): number => {
      const offset = length;
      length += rows * columns;
      return offset;
    };
    this.places = listExpertTargets(config).map((target) => {
      const { a, b } = factorShapes(target, rank);
      return { target, shapeA: a, offsetA: take(a), shapeB: b, offsetB: take(b) };
    });
    this.length = length;
  }

  /**
   * Factors that change nothing yet, as in LoRA: A uniform in +-1/sqrt(columns), which is what PyTorch's layers begin with,
   * and B zero.
   *
   * @param source - where A's numbers come from
   */
  initialize(source: RandomSource): Float32Array {
    const factors = new Float32Array(this.length);
    for (const { shapeA, offsetA } of this.places) {
      const [rows, columns] = shapeA;
      const bound = 1 / Math.sqrt(columns);
      for (let index = 0; index < rows * columns; index++) {
        factors[offsetA + index] = source.uniform(-bound, bound);
      }
    }
    return factors;
  }

  /**
   * The numbers as an expert has them, in half floats, as the experts that ship are.
   *
   * @param factors - {@link FactorLayout.length} numbers
   */
  toExpertFactors(factors: Float32Array): readonly ExpertFactors[] {
    const slice = (offset: number, shape: readonly [number, number]): HostTensor =>
      HostTensor.fromFloat32(shape, factors.slice(offset, offset + shape[0] * shape[1]), "F16");
    return this.places.map(({ target, shapeA, offsetA, shapeB, offsetB }) => ({
      target,
      a: slice(offsetA, shapeA),
      b: slice(offsetB, shapeB),
    }));
  }
}
