/** What there is to say of one metric: a row of the catalogue. */

/** How the figures of several processes become one: added up, the highest, or that of any. */
export type AcrossWorkers = "sum" | "max" | "first";

/** Values of each label; none where they are not known beforehand. */
export type LabelValues = Readonly<Record<string, readonly string[]>>;

export interface Metric<Labels extends LabelValues = LabelValues> {
  readonly type: "counter" | "gauge" | "histogram";
  /** In base units; `1` for what is 0 or 1. */
  readonly unit: string;
  readonly labels: Labels;
  /** One sentence. */
  readonly help: string;
  /** `fleet`: the same whichever instance is asked. `process`: of one, or of all workers of one supervisor. */
  readonly scope: "fleet" | "process";
  /** Of the scope `process`. */
  readonly acrossWorkers: AcrossWorkers;
  /** The label that becomes `other` where a histogram has as many series as it may. */
  readonly bounded?: string;
}

type Of<Labels extends LabelValues> = Omit<Metric<Labels>, "labels" | "unit" | "help">;
type Row = <const Labels extends LabelValues>(
  unit: string,
  labels: Labels,
  help: string,
  more?: Partial<Pick<Of<Labels>, "acrossWorkers" | "bounded">>,
) => Metric<Labels>;

/** Rows of one type and scope; of processes figures are added up unless it is said otherwise. */
export const rowsOf =
  (type: Metric["type"], scope: Metric["scope"]): Row =>
  (unit, labels, help, more = {}) => ({ type, scope, unit, labels, help, acrossWorkers: "sum", ...more });
