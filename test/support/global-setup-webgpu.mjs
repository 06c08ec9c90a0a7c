import { findLavapipe } from "../../scripts/machine.mjs";

/**
 * Points the Vulkan loader at Mesa's software driver, unless the caller named a driver. It must happen in
 * the parent process: Jest gives each test file a copy of `process.env`, which native code does not read.
 */
export default function setup() {
  const lavapipe = findLavapipe();
  if (!process.env.VK_ICD_FILENAMES && !process.env.VK_DRIVER_FILES && lavapipe) {
    process.env.VK_ICD_FILENAMES = lavapipe;
  }
}
