import { commands } from "./commands.ts";
import { dumps } from "./dumps.ts";
import type { Shape } from "./fakes.ts";
import { headers } from "./headers.ts";
import { libraries } from "./libraries.ts";
import { links } from "./links.ts";
import { pairs } from "./pairs.ts";
import { printedHeaders } from "./printed-headers.ts";
import { shells } from "./shells.ts";
import { spoken } from "./spoken.ts";
import { statements } from "./statements.ts";
import { structures } from "./structures.ts";
import { unseen } from "./unseen.ts";
import { urls } from "./urls.ts";
import { vendors } from "./vendors.ts";

const rooms: Readonly<Record<string, readonly Shape[]>> = {
  headers,
  pairs,
  commands,
  urls,
  vendors,
  structures,
  unseen,
  printedHeaders,
  dumps,
  links,
  shells,
  statements,
  spoken,
  libraries,
};

/** Every shape of the corpus: written from what the field's formats are, not from what the mask knows. */
export const secretShapes: readonly Shape[] = Object.entries(rooms).flatMap(([room, shapes]) =>
  shapes.map((one) => ({ ...one, name: `${room}: ${one.name}` })),
);
