/**
 * For tests of what is built upon Tidegate: time (`manual-runtime`), trouble (`fake-database`, and `faults` of
 * `lib/database`) and states (`force`) on demand.
 */
export { type FaultControl, type FaultMode, type FaultRequest, withFaults } from "../database/faults.ts";
export type { DatabaseAdapter } from "../database/port.ts";
export type { QueuedLane } from "../gate/types.ts";
export type { Runtime } from "../runtime.ts";
export { memory } from "../store/memory.ts";
export type { StoreAdapter } from "../store/port.ts";
export type { Tidegate } from "../tidegate.ts";
export { type Answer, fakeDatabase } from "./fake-database.ts";
export { fillLane, openBreaker, type Release } from "./force.ts";
export { type ManualRuntime, manualRuntime } from "./manual-runtime.ts";
