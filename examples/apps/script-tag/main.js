/* global limpid -- the global that limpid.iife.js makes */
const input = document.querySelector("input");
const canvas = document.querySelector("canvas");
const output = document.querySelector("output");
const starting = limpid.createLimpid({ assets: "limpid/" });

/** Repairs the photo that was chosen, and draws the result. */
async function restore() {
  const restorer = await starting;
  const bitmap = await createImageBitmap(input.files[0]);
  const { image, mixture, backend } = await restorer.restore(bitmap);
  canvas.width = image.width;
  canvas.height = image.height;
  canvas.getContext("2d").drawImage(image, 0, 0);
  const experts = mixture.map(({ expert }) => expert).join(", ");
  output.value = `${experts || "nothing to repair"} on ${backend}, in a worker: ${restorer.isInWorker}`;
}

input.addEventListener("change", () => void restore());
