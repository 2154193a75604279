/** For pages without modules: defines `window.MesApi`. */
import { MesApi } from "./client.ts";

Object.assign(globalThis, { MesApi });
