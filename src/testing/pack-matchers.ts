import type { Restorer } from "../sdk/host/index.js";
import { psnr, type PixelImage } from "../sdk/image/index.js";
import type { ExpertChoice, RestoreOptions, RestoreResult } from "../sdk/restore/index.js";

/** What {@link PackMatchers.toRestore} is to reach. */
export interface RestoreExpectation {
  /** Which experts repair the image; the router chooses if left out. */
  readonly experts?: "auto" | readonly ExpertChoice[];
  /** PSNR in dB to reach at least; if left out, anything above that of the image before. */
  readonly psnr?: number;
  /** Other options of the restore. */
  readonly options?: RestoreOptions;
}

/** What a matcher of Jest or Vitest returns. */
export interface MatcherResult {
  /** Whether the expectation holds. */
  readonly pass: boolean;
  /** What is printed if the test fails. */
  message(): string;
}

/** Matchers for `expect.extend` of Jest and Vitest. */
export interface PackMatchers {
  /**
   * That a damaged image comes out better.
   *
   * @param limpid - what restores
   * @param before - the damaged image
   * @param after - the same image without the damage
   * @param expectation - with which experts, and how well
   */
  toRestore(
    limpid: Restorer,
    before: PixelImage,
    after: PixelImage,
    expectation?: RestoreExpectation,
  ): Promise<MatcherResult>;
  /**
   * That a clean image is left alone by the router, or keeps a PSNR.
   *
   * @param limpid - what restores
   * @param image - a clean image
   * @param least - the PSNR in dB to keep; 45, as `limpid pack check` asks, if left out
   */
  toKeepClean(limpid: Restorer, image: PixelImage, least?: number): Promise<MatcherResult>;
}

/**
 * Matchers for tests of expert packs.
 *
 * @example
 * ```ts
 * expect.extend(packMatchers);
 * await expect(limpid).toRestore(before, after, { experts: [{ id: "acme.descreen" }], psnr: 31.5 });
 * await expect(limpid).toKeepClean(after);
 * ```
 */
export const packMatchers: PackMatchers = {
  async toRestore(limpid, before, after, { experts = "auto", psnr: least, options } = {}) {
    const { image, mixture } = await limpid.restore(before, { ...options, experts });
    const [damaged, restored] = [psnr(before, after), psnr(image, after)];
    const pass = restored > damaged && restored >= (least ?? -Infinity);
    return {
      pass,
      message: () =>
        `expected ${describeMixture(mixture)} ${pass ? "not " : ""}to restore the image to more than ` +
        `${damaged.toFixed(2)} dB, which it has as it is${least === undefined ? "" : `, and to ${least} dB`}; ` +
        `it comes to ${restored.toFixed(2)} dB`,
    };
  },

  async toKeepClean(limpid, image, least = 45) {
    const { image: restored, mixture, tiles } = await limpid.restore(image);
    const kept = tiles === 0 ? Infinity : psnr(restored, image);
    const pass = kept >= least;
    return {
      pass,
      message: () =>
        `expected the router ${pass ? "not " : ""}to leave the clean image alone, or to keep ${least} dB of it; ` +
        (tiles === 0
          ? "it left it alone"
          : `with ${describeMixture(mixture)} ${kept.toFixed(2)} dB are left`),
    };
  },
};

function describeMixture(mixture: RestoreResult["mixture"]): string {
  return mixture.map(({ expert }) => expert).join(" and ") || "the backbone alone";
}
