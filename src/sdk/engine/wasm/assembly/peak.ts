import { multiplyAdd } from "./arithmetic";

/**
 * Multiplies and adds in registers as fast as a core does it, for benchmarks to compare with: 48 products a round.
 *
 * @param rounds - how many
 * @returns the sum of the results
 */
export function multiplyAddInRegisters(rounds: u32): f32 {
  const x = f32x4.splat(0.999);
  const y = f32x4.splat(0.001);
  let a = f32x4.splat(0);
  let b = f32x4.splat(1);
  let c = f32x4.splat(2);
  let d = f32x4.splat(3);
  let e = f32x4.splat(4);
  let f = f32x4.splat(5);
  let g = f32x4.splat(6);
  let h = f32x4.splat(7);
  let i = f32x4.splat(8);
  let j = f32x4.splat(9);
  let k = f32x4.splat(10);
  let l = f32x4.splat(11);
  for (; rounds > 0; rounds--) {
    a = multiplyAdd(x, a, y);
    b = multiplyAdd(x, b, y);
    c = multiplyAdd(x, c, y);
    d = multiplyAdd(x, d, y);
    e = multiplyAdd(x, e, y);
    f = multiplyAdd(x, f, y);
    g = multiplyAdd(x, g, y);
    h = multiplyAdd(x, h, y);
    i = multiplyAdd(x, i, y);
    j = multiplyAdd(x, j, y);
    k = multiplyAdd(x, k, y);
    l = multiplyAdd(x, l, y);
  }
  a = f32x4.add(f32x4.add(f32x4.add(a, b), f32x4.add(c, d)), f32x4.add(f32x4.add(e, f), f32x4.add(g, h)));
  a = f32x4.add(a, f32x4.add(f32x4.add(i, j), f32x4.add(k, l)));
  return f32x4.extract_lane(a, 0) + f32x4.extract_lane(a, 3);
}
