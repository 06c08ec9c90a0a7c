import { create, globals } from "webgpu";

// Dawn stands in for the browser's WebGPU. tfjs looks for it when it is imported, so it comes first.
Object.assign(globalThis, globals);
Object.defineProperty(globalThis, "navigator", { value: { gpu: create([]) }, configurable: true });
