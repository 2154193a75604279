/** The shared tables of values and binds, in the form in which postgres.js takes them. */
import { type Bind, JSON_OIDS, jsonOfBind } from "../wire/binds.ts";
import { PARSERS } from "../wire/values.ts";

interface DriverType {
  readonly to: number;
  readonly from: number[];
  readonly serialize: (bind: never) => unknown;
  readonly parse: (text: never) => unknown;
}

/**
 * One entry per type, so that none of the driver's own serializers is left: they would read the text `true` as false
 * and cut microseconds off timestamps.
 */
export const DRIVER_TYPES: Record<string, DriverType> = Object.fromEntries(
  Object.entries(PARSERS).map(([key, parse]) => {
    const oid = Number(key);
    const serialize = (bind: Bind): unknown => (JSON_OIDS.includes(oid) ? jsonOfBind(bind) : String(bind));
    return [`oid_${oid}`, { to: oid, from: [oid], serialize, parse }];
  }),
);
