/** The element of img-comparison-slider, as far as the pages use it. */
export type ComparisonSlider = HTMLElement & {
  /** 0 to 100: how much of the first picture is shown. */
  value: number;
};

/** Lets screen readers read where the slider stands, which its element does not do by itself. */
export function announceComparison(slider: ComparisonSlider): void {
  slider.addEventListener("slide", () =>
    slider.setAttribute("aria-valuenow", String(Math.round(slider.value))),
  );
}
