// The dark lines between the rows of a cathode-ray tube, and the stripes of its mask, in a picture taken of its screen.

/** @type {import("limpid/authoring").Recipe} */
export default {
  degradation: "scan-lines",
  apply({ width, height, rgb }, severity, source) {
    const pitch = source.uniform(2.5, 5.5);
    const depth = (0.15 + 0.5 * severity) * source.uniform(0.8, 1.2);
    const sharpness = source.uniform(0.8, 2);
    // The camera is never quite level with the screen.
    const slope = source.uniform(-0.04, 0.04);
    const phase = source.uniform(0, 1);
    const hasMask = source.chance(0.5);
    const maskPitch = source.uniform(2.5, 4.5);
    const maskDepth = hasMask ? 0.3 * depth : 0;
    const maskPhase = source.uniform(0, 1);
    // A beat between the two frame rates: a wide band that is a little darker.
    const band = source.chance(0.4) ? 0.25 * severity : 0;
    const bandHeight = source.uniform(0.3, 0.8) * height;
    const bandPhase = source.uniform(0, 1);
    const shown = new Float32Array(rgb.length);
    for (let y = 0, index = 0; y < height; y++) {
      const dimmed = 1 - (band * (1 + Math.cos(2 * Math.PI * (y / bandHeight + bandPhase)))) / 2;
      for (let x = 0; x < width; x++) {
        const row = Math.cos(2 * Math.PI * ((y + slope * x) / pitch + phase));
        const line = ((1 + row) / 2) ** sharpness;
        for (let channel = 0; channel < 3; channel++, index++) {
          const stripe =
            (1 + Math.cos(2 * Math.PI * ((x - slope * y) / maskPitch + channel / 3 + maskPhase))) / 2;
          shown[index] = rgb[index] * (1 - depth * line) * (1 - maskDepth * stripe) * dimmed;
        }
      }
    }
    return { width, height, rgb: shown };
  },
};
