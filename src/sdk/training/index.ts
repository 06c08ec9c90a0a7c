/** Damages photos by seeded recipes, and trains experts and router rows for a base from pairs of pictures. */
export {
  ExpertTrainer,
  type HeldOutPsnr,
  type TrainingProgress,
  type TrainingResult,
  type TrainOptions,
} from "./expert-trainer.js";
export { fitLogisticRegression, type LinearProbe } from "./logistic-regression.js";
export {
  applyRecipe,
  degradationKinds,
  degradationNames,
  degrade,
  RandomSource,
  roundTripJpeg,
  severityOfSigma,
  toRgbImage,
  type ChromaSubsampling,
  type Fault,
  type Recipe,
  type RgbImage,
} from "./recipes/index.js";
export {
  fitRouterRow,
  type RouterRowFit,
  type RouterRowFitOptions,
  type RouterRowQuality,
} from "./router-row-fit.js";
export type { TrainingEvaluation } from "./trainer-state.js";
export type { CompleteTrainingOptions, ExpertTrainingOptions } from "./training-options.js";
export {
  TrainingSet,
  type TrainingPair,
  type TrainingPhoto,
  type TrainingSetOptions,
  type TrainingView,
} from "./training-set.js";
