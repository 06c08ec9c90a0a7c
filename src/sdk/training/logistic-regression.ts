/** A linear probe: the probability of a vector x is `sigmoid(weight . x + bias)`. */
export interface LinearProbe {
  /** As long as the vectors. */
  readonly weight: Float32Array;
  /** Added to the product. */
  readonly bias: number;
}

/** Newton steps at most; a penalised fit takes about ten. */
const maximumIterations = 50;
/** A Newton step shorter than this ends the fit. */
const tolerance = 1e-9;
/** Added to variances, so that a number that never changes divides by no zero. */
const smallestVariance = 1e-12;

/**
 * Logistic regression with an L2 penalty, by Newton's method (iteratively reweighted least squares) on standardised
 * vectors. Both classes weigh the same, however many examples they have. Deterministic.
 *
 * @param vectors - the examples, all of one length, at least one of each class
 * @param labels - whether an example is a positive one
 * @param penalty - of the squared weights of the standardised vectors, relative to the mean loss; above 0
 * @returns the probe for vectors that are not standardised
 */
export function fitLogisticRegression(
  vectors: readonly Float32Array[],
  labels: readonly boolean[],
  penalty: number,
): LinearProbe {
  const size = vectors[0]?.length ?? 0;
  const { mean, deviation } = measure(vectors, size);
  const rows = vectors.map((vector) => {
    const row = new Float64Array(size + 1);
    for (let index = 0; index < size; index++)
      row[index] = (vector[index]! - mean[index]!) / deviation[index]!;
    row[size] = 1; // the bias, which is not penalised
    return row;
  });
  const positives = labels.filter(Boolean).length;
  const shares = labels.map((isPositive) => 0.5 / (isPositive ? positives : labels.length - positives));
  const solution = new Float64Array(size + 1);
  for (let iteration = 0; iteration < maximumIterations; iteration++) {
    const gradient = new Float64Array(size + 1);
    const curvature = Array.from({ length: size + 1 }, () => new Float64Array(size + 1));
    for (let index = 0; index < size; index++) {
      gradient[index] = penalty * solution[index]!;
      curvature[index]![index] = penalty;
    }
    curvature[size]![size] = 1e-9;
    rows.forEach((row, example) => {
      const probability = sigmoid(dot(row, solution));
      const share = shares[example]!;
      const error = share * (probability - (labels[example]! ? 1 : 0));
      const bend = share * probability * (1 - probability);
      for (let first = 0; first <= size; first++) {
        gradient[first]! += error * row[first]!;
        const line = curvature[first]!;
        const scaled = bend * row[first]!;
        for (let second = 0; second <= first; second++) line[second]! += scaled * row[second]!;
      }
    });
    const step = solveSymmetric(curvature, gradient);
    let length = 0;
    for (let index = 0; index <= size; index++) {
      solution[index]! -= step[index]!;
      length += step[index]! ** 2;
    }
    if (length < tolerance ** 2 * (size + 1)) break;
  }
  const weight = Float32Array.from({ length: size }, (_, index) => solution[index]! / deviation[index]!);
  let bias = solution[size]!;
  for (let index = 0; index < size; index++) bias -= weight[index]! * mean[index]!;
  return { weight, bias };
}

/** 1 / (1 + exp(-x)). */
function sigmoid(x: number): number {
  return 1 / (1 + Math.exp(-x));
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let index = 0; index < a.length; index++) sum += a[index]! * b[index]!;
  return sum;
}

function measure(
  vectors: readonly Float32Array[],
  size: number,
): { mean: Float64Array; deviation: Float64Array } {
  const mean = new Float64Array(size);
  const deviation = new Float64Array(size);
  for (const vector of vectors) {
    for (let index = 0; index < size; index++) mean[index]! += vector[index]! / vectors.length;
  }
  for (const vector of vectors) {
    for (let index = 0; index < size; index++) {
      deviation[index]! += (vector[index]! - mean[index]!) ** 2 / vectors.length;
    }
  }
  return { mean, deviation: deviation.map((variance) => Math.sqrt(variance + smallestVariance)) };
}

/**
 * Solves M x = b by Cholesky's decomposition.
 *
 * @param matrix - symmetric and positive definite; only its lower half is read, and overwritten
 * @param vector - b; overwritten with x
 */
function solveSymmetric(matrix: Float64Array[], vector: Float64Array): Float64Array {
  const size = vector.length;
  for (let column = 0; column < size; column++) {
    const line = matrix[column]!;
    for (let row = column; row < size; row++) {
      const other = matrix[row]!;
      let sum = other[column]!;
      for (let index = 0; index < column; index++) sum -= other[index]! * line[index]!;
      other[column] = row === column ? Math.sqrt(sum) : sum / line[column]!;
    }
  }
  for (let row = 0; row < size; row++) {
    const line = matrix[row]!;
    let sum = vector[row]!;
    for (let index = 0; index < row; index++) sum -= line[index]! * vector[index]!;
    vector[row] = sum / line[row]!;
  }
  for (let row = size - 1; row >= 0; row--) {
    let sum = vector[row]!;
    for (let index = row + 1; index < size; index++) sum -= matrix[index]![row]! * vector[index]!;
    vector[row] = sum / matrix[row]![row]!;
  }
  return vector;
}
