import { Booth, type TileCounts } from "../booth.js";
import { contestantNames } from "../contestants/contestant.js";
import { GpuInstruments } from "../gpu-instruments.js";

/** What the page offers to the one who drives it; numbers go through JSON. */
export interface PageBooth {
  open(): Promise<number>;
  restoreFirst(side: number): Promise<{ milliseconds: number; result: number[] }>;
  restore(side: number): Promise<number>;
  count(side: number): Promise<TileCounts>;
  hasExperts(): boolean;
  swap(): Promise<number>;
}

const [, folder] = location.pathname.split("/");
const name = contestantNames.find((known) => known === folder)!;
const instruments = new GpuInstruments();
instruments.install();
let booth: Booth;

async function read(path: string): Promise<Uint8Array> {
  const response = await fetch(path);
  if (!response.ok) throw new Error(`${path} is answered with ${response.status}`);
  return new Uint8Array(await response.arrayBuffer());
}

const pageBooth: PageBooth = {
  async open() {
    const files = {
      readModel: (path: string) => read(`/${name}/model/${path}`),
      readOnnxModel: () => read(`/${name}/onnx-model`),
      packageFile: (path: string) => `/${name}/packages/${path}`,
      wasmPath: `/${name}/wasm/`,
    };
    // From the navigation on: the page's own scripts are part of the start.
    booth = await Booth.open(name, files, instruments, 0);
    return booth.openedIn;
  },
  async restoreFirst(side) {
    const { milliseconds, result } = await booth.restoreFirst(side);
    return { milliseconds, result: [...result] };
  },
  restore: (side) => booth.restore(side),
  count: (side) => booth.count(side),
  hasExperts: () => booth.hasExperts,
  swap: () => booth.swap(),
};

Object.assign(globalThis, { pageBooth });
