/** How long requests take, by the names that the semantic conventions of HTTP have for it. */
import type { Attributes, Instruments } from "../telemetry/port.ts";
import { knownMethod } from "./route.ts";

export interface AnsweredRequest {
  readonly method: string;
  /** Its pattern; undefined where no route fits. */
  readonly route: string | undefined;
  readonly status: number;
  readonly tookMs: number;
  /** Without a colon, where it is known. */
  readonly scheme?: string | undefined;
}

export type RecordRequest = (request: AnsweredRequest) => void;

const BESIDE: Readonly<Record<string, Attributes>> = {
  http: { "url.scheme": "http" },
  https: { "url.scheme": "https" },
};

export const requestTiming =
  (meters: Instruments): RecordRequest =>
  ({ method, route = "", status, tookMs, scheme = "" }) =>
    meters.record(
      "http_server_request_duration_seconds",
      tookMs / 1_000,
      {
        http_request_method: knownMethod(method),
        http_route: route,
        http_response_status_code: String(status),
      },
      BESIDE[scheme],
    );
