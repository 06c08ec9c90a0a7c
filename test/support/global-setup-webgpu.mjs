import { chooseVulkanDriver } from "../../scripts/machine.mjs";

/**
 * Must happen in the parent process: Jest gives each test file a copy of `process.env`, which native code
 * does not read.
 */
export default function setup() {
  chooseVulkanDriver(process.env);
}
