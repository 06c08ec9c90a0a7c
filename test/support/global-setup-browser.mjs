import { buildDist } from "../../scripts/dist.mjs";

/** The browser tests load dist/ as a page would. */
export default async function setup() {
  await buildDist();
}
