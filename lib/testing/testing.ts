/** For tests of what is built upon Tidegate: time, trouble and states on demand. */
export { type FaultControl, type FaultMode, withFaults } from "../database/faults.ts";
export { memory } from "../store/memory.ts";
export { type Answer, fakeDatabase } from "./fake-database.ts";
export { fillLane, openBreaker, type Release } from "./force.ts";
export { type ManualRuntime, manualRuntime } from "./manual-runtime.ts";
