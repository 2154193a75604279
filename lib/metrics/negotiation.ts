/** Which of several types a reader of `Accept` is answered with: RFC 9110, 12.5.1. */

/** One that can be answered with, in the order in which they are preferred where the reader does not care. */
export interface Offer<Format extends string> {
  readonly format: Format;
  /** Such as `text/plain`. */
  readonly type: string;
  /** What a range may say beside it, each with the values that fit. One that is not said fits too. */
  readonly parameters: Readonly<Record<string, readonly string[]>>;
}

interface Range {
  readonly type: string;
  readonly parameters: Readonly<Record<string, string>>;
  readonly quality: number;
}

/**
 * @param accept Null where there is none.
 * @returns The format that the reader likes best; the first of the offers where it likes none, since figures that somebody
 * did not ask for are better than none.
 * @example
 * ```ts
 * negotiated(c.req.header("accept") ?? null, OFFERS);
 * ```
 */
export function negotiated<Format extends string>(
  accept: string | null,
  offers: readonly [Offer<Format>, ...Offer<Format>[]],
): Format {
  const ranges = rangesIn(accept ?? "*/*");
  let best: Format = offers[0].format;
  let most = 0;
  for (const offer of offers) {
    const quality = qualityOf(offer, ranges);
    if (quality > most) {
      best = offer.format;
      most = quality;
    }
  }
  return best;
}

function rangesIn(accept: string): readonly Range[] {
  return accept.split(",").map((range) => {
    const [type = "", ...rest] = range.split(";").map((part) => part.trim());
    const pairs = rest.map((part): [string, string] => {
      const [name = "", value = ""] = part.split("=", 2);
      return [name.trim().toLowerCase(), value.trim().replace(/^"(.*)"$/, "$1")];
    });
    const { q = "1", ...parameters } = Object.fromEntries(pairs);
    const quality = Number(q);
    return { type: type.toLowerCase(), parameters, quality: quality >= 0 && quality <= 1 ? quality : 0 };
  });
}

/** That of the range that says most about it; of several that say as much, the highest. 0: it is not wanted. */
function qualityOf<Format extends string>({ type, parameters }: Offer<Format>, ranges: readonly Range[]): number {
  let closest = -1;
  let quality = 0;
  for (const range of ranges) {
    const isAny = range.type === "*/*";
    const isKin = range.type === `${type.split("/", 1)[0]}/*`;
    if (!isAny && !isKin && range.type !== type) continue;
    const said = Object.entries(range.parameters).filter(([name]) => name in parameters);
    if (!said.every(([name, value]) => parameters[name]?.includes(value))) continue;
    const closeness = isAny ? 0 : isKin ? 1 : 2 + said.length;
    if (closeness < closest) continue;
    quality = closeness === closest ? Math.max(quality, range.quality) : range.quality;
    closest = closeness;
  }
  return quality;
}
