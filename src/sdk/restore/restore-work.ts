import type { PixelImage } from "../image/index.js";
import type { RestoreOptions, RestoreProgress } from "./options.js";
import { statisticsPixels } from "./statistics-blocks.js";
import { coversImage, type TilePlan } from "./tiles.js";

/** How often a stage before the tiles tells how far it is, at most: a listener in another thread is waited for each time. */
const reportsPerStage = 8;

/**
 * What the router costs, in pixels of the network that take as long on WebAssembly: its views have one size whatever the image's,
 * and every pixel of the image is looked at for the smaller one.
 */
const analysisWork = ({ width, height }: PixelImage): number => 30_000 + (width * height) / 130;

/**
 * How far a restore is, by the work that is done: the analysis, the statistics, then each tile, counted in pixels that go
 * through the network. It never goes back, though a run may have to begin its tiles again.
 */
export class RestoreWork {
  readonly #listener: RestoreOptions["onProgress"];
  #analysis = 0;
  #statistics = 0;
  #tiles = 0;
  #count = 0;
  #done = 0;
  #fraction = 0;
  /** Parts of the stages before the tiles that were told. */
  #told = 0;

  /** @param listener - told how far it is, and waited for */
  constructor(listener: RestoreOptions["onProgress"]) {
    this.#listener = listener;
  }

  /** The run begins, or begins again: says so, with the tiles that are planned. */
  async begin(image: PixelImage, plan: TilePlan, isAnalyzed: boolean): Promise<void> {
    this.#analysis = isAnalyzed ? 0 : analysisWork(image);
    this.plan(image, plan);
    await this.#tell(0);
  }

  /** Counts tiles anew. */
  plan(image: PixelImage, plan: TilePlan): void {
    const { width, height } = plan.rows[0]![0]!.source;
    this.#statistics = coversImage(plan, image) ? 0 : statisticsPixels(image);
    this.#tiles = plan.count * width * height;
    this.#count = plan.count;
    this.#done = 0;
  }

  /** So much of the analysis is done, 0 to 1. */
  readonly analyzed = (share: number): Promise<void> => this.#stage(share, share * this.#analysis);

  /** So much of the statistics is done, 0 to 1. */
  readonly measured = (share: number): Promise<void> =>
    this.#stage(1 + share, this.#analysis + share * this.#statistics);

  /** A tile is done. */
  async tile(finished: Required<Pick<RestoreProgress, "tile" | "preview">>): Promise<void> {
    this.#done++;
    const share = this.#done / this.#count;
    await this.#tell(this.#analysis + this.#statistics + share * this.#tiles, finished);
  }

  async #stage(stages: number, work: number): Promise<void> {
    const part = Math.floor(stages * reportsPerStage);
    if (part <= this.#told) return;
    this.#told = part;
    await this.#tell(work);
  }

  async #tell(work: number, finished?: Pick<RestoreProgress, "tile" | "preview">): Promise<void> {
    const all = this.#analysis + this.#statistics + this.#tiles;
    this.#fraction = Math.max(this.#fraction, Math.min(1, work / all));
    await this.#listener?.({
      fraction: this.#fraction,
      done: this.#done,
      total: this.#count,
      ...finished,
    });
  }
}
