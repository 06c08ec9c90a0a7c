/** One of the paper's settings: what it is, and the tasks that stand for its data sets. */
export interface EvaluationSetting {
  /** What a reader is told. */
  readonly title: string;
  /** Its degradations, for folders of pairs. */
  readonly degradations: readonly string[];
  /** The tasks that are synthesised for it; none if it is of real photographs alone. */
  readonly tasks: readonly string[];
}

/** The five settings of LoRA-IR. */
export const settings = {
  I: {
    title: "Setting I: four kinds of adverse weather (Snow100K, Outdoor-Rain, RainDrop)",
    degradations: ["rain", "haze", "snow", "raindrop"],
    tasks: ["snow", "rain", "haze", "rain+haze", "raindrop"],
  },
  II: {
    title: "Setting II: real weather (SPA+, REVIDE, RealSnow)",
    degradations: ["rain", "haze", "snow"],
    tasks: [],
  },
  III: {
    title: "Setting III: rain, haze, noise (Rain100L, SOTS outdoor, BSD68)",
    degradations: ["rain", "haze", "noise"],
    tasks: ["rain", "haze", "noise-15", "noise-25", "noise-50"],
  },
  IV: {
    title: "Setting IV: rain, low light, snow, haze, blur (Rain sets, LOL, Snow100K, SOTS, GoPro)",
    degradations: ["rain", "low-light", "snow", "haze", "blur"],
    tasks: ["rain", "low-light", "snow", "haze", "blur-shake"],
  },
  V: {
    title:
      "Setting V: ten degradations (GoPro, RESIDE-6k, LIVE1, LOL, CBSD68, RainDrop, Rain100H, SRD, Snow100K, CelebA-HQ)",
    degradations: [
      "blur",
      "haze",
      "jpeg",
      "low-light",
      "noise",
      "raindrop",
      "rain",
      "shadow",
      "snow",
      "inpainting",
    ],
    tasks: [
      "blur-shake",
      "haze",
      "jpeg-10",
      "low-light",
      "noise-50",
      "raindrop",
      "rain",
      "shadow",
      "snow",
      "inpainting",
    ],
  },
} as const satisfies Record<string, EvaluationSetting>;

/** One of the paper's settings. */
export type SettingName = keyof typeof settings;

/** The names of the settings. */
export const settingNames = Object.keys(settings) as readonly SettingName[];
