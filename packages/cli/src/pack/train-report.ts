import { join } from "node:path";
import type { RouterRowFit } from "limpid/authoring";
import type { TrainReport } from "./train-run.js";

/**
 * What a training made, for a person.
 *
 * @param report - the training's
 * @param folder - the pack's folder, as the user wrote it
 */
export function describeTraining(report: TrainReport, folder: string): string {
  const { contribution, result, routerRow, backend, pictures, drawings } = report;
  const { heldOut, losses, secondsPerStep, endedEarly } = result;
  const decibels = (value: number): string => `${value.toFixed(2)} dB`;
  const percent = (value: number): string => `${Math.round(100 * value)} %`;
  const gain = heldOut.best - heldOut.backbone;
  const lines = [
    `${contribution.id}: ${losses.length} steps${endedEarly ? ", ended early" : ""}, ` +
      `${secondsPerStep.toFixed(2)} s each on ${backend}, ${pictures.training} pictures`,
    `held out (${pictures.heldOut} pictures)  before ${decibels(heldOut.input)}, backbone ${decibels(heldOut.backbone)}, ` +
      `expert ${decibels(heldOut.best)}: ${gain >= 0 ? "+" : ""}${decibels(gain)}`,
    routerRow === undefined
      ? `router            knows ${contribution.degradation} by itself`
      : `router            precision ${percent(routerRow.heldOut.precision)}, recall ${percent(routerRow.heldOut.recall)}; ` +
        `false alarms ${percent(routerRow.heldOut.falseAlarmsOnClean)} on clean pictures, ` +
        `${percent(routerRow.heldOut.falseAlarmsOnOthers)} on other faults; threshold ${routerRow.row.threshold.toFixed(3)}` +
        (routerRow.row.colorWeight === undefined ? "" : "; it goes by the colours too"),
    ...[
      contribution.file,
      contribution.golden.before,
      contribution.golden.after,
      ...Object.values(drawings),
    ].map((file) => join(folder, file)),
  ];
  return `${lines.join("\n")}\n`;
}

/**
 * What a training made, for a program.
 *
 * @param report - the training's
 */
export function trainingToJson({
  contribution,
  result,
  routerRow,
  backend,
  pictures,
  drawings,
}: TrainReport): string {
  const { heldOut, losses, evaluations, secondsPerStep, endedEarly } = result;
  const { isKnown: _, ...expert } = contribution;
  return `${JSON.stringify(
    {
      expert,
      backend,
      pictures,
      steps: losses.length,
      endedEarly,
      secondsPerStep,
      heldOut,
      evaluations,
      router: routerRow === undefined ? null : routerToJson(routerRow),
      drawings,
    },
    null,
    2,
  )}\n`;
}

function routerToJson({ row, heldOut }: RouterRowFit): object {
  return { threshold: row.threshold, colors: row.colorWeight !== undefined, ...heldOut };
}
