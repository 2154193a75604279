/** What `deno doc --json` says of public symbols, laid out flat: a row for each symbol, and for each of its members. */

export interface Described {
  /** The entry that exports it, as it is imported. */
  readonly entry: string;
  /** `Gate`, `Gate.run`; `Config.health.memoTtlMs` is a part of a property that is an object. */
  readonly name: string;
  readonly kind:
    | "function"
    | "class"
    | "interface"
    | "type"
    | "constant"
    | "method"
    | "property"
    | "constructor"
    | "part";
  /** `lib/guard/gate.ts:20`. */
  readonly place: string;
  /** Its docstring, with its tags; empty where it has none. A part has that of its property before its own. */
  readonly text: string;
  /** Tags alone: `throws`, `example`, `returns`, `param`. */
  readonly tags: readonly string[];
  /** Values that are numbers: itself, or its parameters. */
  readonly numbers: readonly string[];
  /** What it answers, as far as that tells whether it can fail later; null for what is no function. */
  readonly answers: "promise" | "value" | null;
  /** Our own types that it speaks of in its own signature. */
  readonly mentions: readonly string[];
}

/** Of the answer of `deno doc --json`, version 2: what is read here. */
export interface DocJson {
  readonly version: number;
  readonly nodes: Readonly<Record<string, { readonly symbols?: readonly SymbolNode[] }>>;
}
interface SymbolNode {
  readonly name: string;
  readonly declarations: readonly Declaration[];
}
interface Declaration extends Documented {
  readonly kind: string;
  readonly declarationKind: string;
  readonly def?: Definition;
}
interface Documented {
  readonly jsDoc?: { readonly doc?: string; readonly tags?: readonly Tag[] };
  readonly location: { readonly filename: string; readonly line: number; readonly col: number };
}
interface Tag {
  readonly kind: string;
  readonly name?: string;
  readonly doc?: string;
}
interface Definition extends Callable {
  readonly properties?: readonly Member[];
  readonly methods?: readonly Member[];
  readonly constructors?: readonly Member[];
  readonly target?: Documented["location"];
}
interface Member extends Callable, Documented {
  readonly name: string;
  readonly accessibility?: string;
  readonly functionDef?: Callable;
}
interface Callable {
  readonly params?: readonly Parameter[];
  readonly returnType?: Type;
  readonly tsType?: Type;
}
interface Parameter {
  readonly kind: string;
  readonly name?: string;
  readonly tsType?: Type;
  readonly left?: Parameter;
}
interface Type {
  readonly repr?: string;
  readonly kind: string;
  readonly value?: unknown;
}

const KINDS: Readonly<Record<string, Described["kind"]>> = {
  function: "function",
  class: "class",
  interface: "interface",
  typeAlias: "type",
  variable: "constant",
};

export function described(
  json: DocJson,
  entries: readonly { readonly specifier: string; readonly path: string }[],
): readonly Described[] {
  if (json.version !== 2)
    throw new Error(`deno doc: JSON of version 2 is needed, was ${json.version}; see described.ts`);
  const declared = Object.values(json.nodes).flatMap(({ symbols = [] }) => symbols);
  /** Several entries export it; its declaration stands at the first of them. */
  const followed = (name: string, one: Declaration): Declaration => {
    const target = one.kind === "reference" ? one.def?.target : undefined;
    if (!target) return one;
    const same = declared
      .flatMap((symbol) => symbol.declarations)
      .find(({ kind, location }) => kind !== "reference" && isSame(location, target));
    if (!same) throw new Error(`deno doc: ${name} refers to ${target.filename}:${target.line}, where nothing is`);
    return same;
  };
  return entries.flatMap(({ specifier, path }) => {
    const node = Object.entries(json.nodes).find(([file]) => file.endsWith(`/${path}`))?.[1];
    if (!node) throw new Error(`deno doc: ${path} is needed, and is not among what it describes`);
    return (node.symbols ?? []).flatMap(({ name, declarations }) =>
      declarations
        .filter(({ declarationKind }) => declarationKind === "export")
        .flatMap((one) => rowsOf(specifier, name, followed(name, one))),
    );
  });
}

const isSame = (one: Documented["location"], other: Documented["location"]): boolean =>
  one.filename === other.filename && one.line === other.line && one.col === other.col;

function rowsOf(entry: string, name: string, declaration: Declaration): readonly Described[] {
  const { kind, def = {} } = declaration;
  const own = KINDS[kind];
  if (!own) throw new Error(`deno doc: ${name} must be ${Object.keys(KINDS).join(", ")}, was ${kind}`);
  const members = (those: readonly Member[] | undefined, as: Described["kind"]) =>
    (those ?? [])
      .filter(({ accessibility }) => accessibility !== "private")
      .map((member) => row(entry, `${name}.${member.name}`, as, member, member.functionDef ?? member));
  return [
    row(entry, name, own, declaration, def),
    ...members(def.constructors, "constructor"),
    ...members(def.properties, "property"),
    ...(def.properties ?? []).flatMap((property) =>
      partsOf(entry, `${name}.${property.name}`, property, textOf(property)),
    ),
    ...members(def.methods, "method"),
  ];
}

/** Of an object that a type is, or has for one of its arguments or alternatives. */
function partsOf(entry: string, name: string, { tsType }: Callable, before: string): readonly Described[] {
  return literalsIn(tsType).flatMap((part) => {
    const full = `${name}.${part.name}`;
    const own = row(entry, full, "part", part, part);
    const text = `${before}\n${own.text}`.trim();
    return [{ ...own, text }, ...partsOf(entry, full, part, text)];
  });
}

/** The properties of the nearest object literals in it. */
function literalsIn(part: unknown): readonly Member[] {
  if (typeof part !== "object" || part === null) return [];
  const { kind, value } = part as Type;
  if (kind === "fnOrConstructor") return [];
  if (kind === "typeLiteral") return (value as Definition).properties ?? [];
  return Object.values(part).flatMap(literalsIn);
}

function row(entry: string, name: string, kind: Described["kind"], of: Documented, call: Callable): Described {
  const { tags = [] } = of.jsDoc ?? {};
  const { filename, line } = of.location;
  const isFunction = kind === "function" || kind === "method";
  const parameters = (call.params ?? []).map((given) => given.left ?? given);
  const isValue = kind === "property" || kind === "part";
  const own = isValue && isNumber(call.tsType) ? [name.slice(name.lastIndexOf(".") + 1)] : [];
  return {
    entry,
    name,
    kind,
    place: `${filename.slice(filename.search(/\blib\//))}:${line + 1}`,
    text: textOf(of),
    tags: tags.map(({ kind: tag }) => tag),
    numbers: [...own, ...parameters.filter(({ tsType }) => isNumber(tsType)).map(({ name: given = "" }) => given)],
    answers: isFunction ? (call.returnType?.repr === "Promise" ? "promise" : "value") : null,
    mentions: isFunction ? [...new Set(ownTypes([parameters, call.returnType]))] : [],
  };
}

const textOf = ({ jsDoc: { doc = "", tags = [] } = {} }: Documented): string =>
  [doc, ...tags.map(({ kind, name = "", doc: more = "" }) => `@${kind} ${name} ${more}`)].join("\n").trim();

const isNumber = (type: Type | undefined): boolean =>
  type?.repr === "number" || (type?.kind === "union" && Array.isArray(type.value) && type.value.some(isNumber));

/** Names of types that are neither the platform's, nor a package's, nor parameters of types. */
function ownTypes(part: unknown): readonly string[] {
  if (typeof part !== "object" || part === null) return [];
  const { typeName, resolution } = part as { readonly typeName?: string; readonly resolution?: Resolution };
  const isOurs =
    resolution?.kind === "local" || (resolution?.kind === "import" && /^\.|^file:/.test(resolution.specifier));
  const name = typeName?.split(".")[0];
  return [...(isOurs && name ? [name] : []), ...Object.values(part).flatMap(ownTypes)];
}

type Resolution =
  | { readonly kind: "import"; readonly specifier: string }
  | { readonly kind: "local" | "typeParam"; readonly specifier?: undefined };
