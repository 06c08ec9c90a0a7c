// The dots of a printed picture, seen in a scan.

/** Angles of the cyan, magenta, yellow and black screens in degrees, as offset printing sets them, and their neighbours. */
const angles = [15, 75, 0, 45];

/** @type {import("limpid/authoring").Recipe} */
export default {
  degradation: "halftone",
  apply({ width, height, rgb }, severity, source) {
    // Fine screens are less than three pixels wide after the scan; coarse ones are dots that the eye sees.
    const pitch = source.uniform(2.6, 3.4 + 2.2 * severity);
    const contrast = 0.25 + 0.6 * severity;
    // How much of the screen the scanner's lens lets through: soft edges, not dots of pure ink.
    const softness = source.uniform(0.22, 0.4);
    const turn = source.uniform(-4, 4);
    const isColor = source.chance(0.7);
    const screens = angles.map((angle) => {
      const radians = ((angle + turn) * Math.PI) / 180;
      const frequency = (2 * Math.PI) / pitch;
      return {
        cosine: Math.cos(radians) * frequency,
        sine: Math.sin(radians) * frequency,
        phaseX: source.uniform(0, 2 * Math.PI),
        phaseY: source.uniform(0, 2 * Math.PI),
      };
    });
    /**
     * Between -1 and 1: the height of a screen's hills at a pixel.
     *
     * @param {typeof screens[number]} screen
     * @param {number} x
     * @param {number} y
     */
    const hill = ({ cosine, sine, phaseX, phaseY }, x, y) =>
      (Math.cos(x * cosine + y * sine + phaseX) + Math.cos(y * cosine - x * sine + phaseY)) / 2;
    /**
     * The share of a pixel that ink covers, where the picture asks for `ink`.
     *
     * @param {typeof screens[number]} screen
     * @param {number} x
     * @param {number} y
     * @param {number} ink
     */
    const cover = (screen, x, y, ink) => {
      const dot = 1 / (1 + Math.exp(-(ink - 0.5 + hill(screen, x, y) / 2) / (softness * 0.5)));
      // Without ink there is no dot, and full ink leaves no gap.
      const range = Math.min(1, 4 * ink, 4 * (1 - ink));
      return ink + contrast * range * (dot - ink);
    };
    const printed = new Float32Array(rgb.length);
    for (let y = 0, index = 0; y < height; y++) {
      for (let x = 0; x < width; x++, index += 3) {
        const cyan = 1 - rgb[index];
        const magenta = 1 - rgb[index + 1];
        const yellow = 1 - rgb[index + 2];
        if (!isColor) {
          const ink = 0.299 * cyan + 0.587 * magenta + 0.114 * yellow;
          const change = cover(screens[3], x, y, ink) - ink;
          for (let channel = 0; channel < 3; channel++)
            printed[index + channel] = rgb[index + channel] - change;
          continue;
        }
        const black = Math.min(cyan, magenta, yellow) * 0.6;
        const inks = [cyan, magenta, yellow];
        const shadow = black > 0 ? cover(screens[3], x, y, black) : 0;
        for (let channel = 0; channel < 3; channel++) {
          const ink = (inks[channel] - black) / (1 - black);
          printed[index + channel] = (1 - cover(screens[channel], x, y, ink)) * (1 - shadow);
        }
      }
    }
    return { width, height, rgb: printed };
  },
};
