/**
 * What is set in a session, beside its timeouts: what the URL asks for, and the forms in which values are read. A session
 * of our own is told once. Behind a pooler in transaction mode a session is anybody's: it refuses to be told as it begins
 * (PgBouncer: "unsupported startup parameter"), so each transaction is.
 */

/** Of a database or a role that has others (`alter role … set datestyle`), values would arrive as texts, or rounded. */
const FORMS: readonly (readonly [name: string, value: string])[] = [
  ["datestyle", "iso"],
  ["bytea_output", "hex"],
  ["extra_float_digits", "1"],
];

/** The first words of a session of our own. */
export const FORMS_TEXT: string = selectText(FORMS, false);

/** The first words to a pooler, which say whether its sessions have the forms of values by themselves. */
export const FORMS_ASKED =
  "select current_setting('datestyle') not like 'ISO%' or current_setting('bytea_output') <> 'hex' " +
  "or current_setting('extra_float_digits')::int < 1 as differ";

export interface ToldInTransactions {
  /** What poolers take: it is in the session of whoever sends it. */
  readonly startup: Readonly<Record<string, string>>;
  /** What each transaction is told; with the forms of values, where `formsDiffer`. May be empty. */
  text(formsDiffer: boolean): string;
}

/** @param settings of the URL. */
export function toldInTransactions(settings: Readonly<Record<string, string>>): ToldInTransactions {
  const startup: Record<string, string> = {};
  const told: (readonly [name: string, value: string])[] = [];
  for (const [name, value] of Object.entries(settings)) {
    const options = name === "options" ? readOptions(value) : null;
    if (options) told.push(...options);
    else if (name === "application_name" || name === "options") startup[name] = value;
    else told.push([name, value]);
  }
  return {
    startup,
    text: (formsDiffer) => {
      const all = formsDiffer ? [...told, ...FORMS] : told;
      return all.length === 0 ? "" : `; ${selectText(all, true)}`;
    },
  };
}

/** Not by `set`: there a list such as `app, public` would be one name. */
function selectText(settings: readonly (readonly [name: string, value: string])[], isLocal: boolean): string {
  const each = settings.map(([name, value]) => `set_config(${literal(name)}, ${literal(value)}, ${isLocal})`);
  return `select ${each.join(", ")}`;
}

/** Also where `standard_conforming_strings` is off. */
function literal(text: string): string {
  return `E'${text.replace(/[\\']/g, "\\$&")}'`;
}

const OPTION = /(?:^|\s)(?:-c\s*|--)((?:\\.|[^\s\\=])+)=((?:\\.|[^\s\\])*)(?=\s|$)/g;

/** `-c name=value` and `--name=value`, as the server reads them; null for options of any other kind, such as a proxy's. */
function readOptions(text: string): readonly (readonly [name: string, value: string])[] | null {
  const isOther = text.replace(OPTION, "").trim() !== "";
  if (isOther) return null;
  const plain = (word = ""): string => word.replace(/\\(.)/g, "$1");
  return [...text.matchAll(OPTION)].map(([, name, value]) => [plain(name).replaceAll("-", "_"), plain(value)]);
}
