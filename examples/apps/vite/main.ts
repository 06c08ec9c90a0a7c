import { createLimpid } from "limpid";

const input = document.querySelector("input")!;
const canvas = document.querySelector("canvas")!;
const output = document.querySelector("output")!;
// public/limpid is served below the base path that Vite was given.
const starting = createLimpid({ assets: new URL("limpid/", document.baseURI) });

/** Repairs the photo that was chosen, and draws the result. */
async function restore() {
  const limpid = await starting;
  const bitmap = await createImageBitmap(input.files![0]!);
  const { image, mixture, backend } = await limpid.restore(bitmap);
  canvas.width = image.width;
  canvas.height = image.height;
  canvas.getContext("2d")!.drawImage(image, 0, 0);
  const experts = mixture.map(({ expert }) => expert).join(", ");
  output.value = `${experts || "nothing to repair"} on ${backend}, in a worker: ${limpid.isInWorker}`;
}

input.addEventListener("change", () => void restore());
