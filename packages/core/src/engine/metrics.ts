/** Values of the labels of one series, by label name. Never changed once given; keep the object where it is used often. */
export type Labels = Readonly<Record<string, string>>;

export interface MetricOptions {
  readonly name: string;
  readonly help: string;
  /** Names of the labels, in the order in which they are written. */
  readonly labels?: readonly string[];
}

/** Counts up. */
export interface Counter {
  /** Creates the series at 0, so that a dashboard sees it before anything happened. */
  touch(labels?: Labels): void;
  add(amount?: number, labels?: Labels): void;
}

/** Goes up and down. */
export interface Gauge {
  set(value: number, labels?: Labels): void;
  add(amount: number, labels?: Labels): void;
  /** Forgets the series: what it measured is over. */
  remove(labels?: Labels): void;
}

/** Counts observations in buckets. Seconds, by Prometheus' custom. */
export interface Histogram {
  touch(labels?: Labels): void;
  observe(value: number, labels?: Labels): void;
}

interface Family {
  readonly options: MetricOptions;
  readonly type: 'counter' | 'gauge' | 'histogram';
  write(lines: string[]): void;
}

/**
 * The series of one process, written in the Prometheus text format. Asking for a metric that exists already answers the
 * same one, so that several controllers share their families.
 */
export class Metrics {
  private readonly families = new Map<string, { readonly family: Family; readonly handle: unknown }>();
  private readonly collectors: (() => void)[] = [];

  counter(options: MetricOptions): Counter {
    return this.family(options, 'counter', () => {
      const series = new Series(options);
      const handle: Counter = {
        touch: (labels) => series.add(0, labels),
        add: (amount = 1, labels) => {
          if (amount < 0) throw new RangeError(`counter ${options.name} cannot go down by ${-amount}`);
          series.add(amount, labels);
        },
      };
      return { handle, write: (lines) => series.write(lines) };
    });
  }

  gauge(options: MetricOptions): Gauge {
    return this.family(options, 'gauge', () => {
      const series = new Series(options);
      const handle: Gauge = {
        set: (value, labels) => series.set(value, labels),
        add: (amount, labels) => series.add(amount, labels),
        remove: (labels) => series.remove(labels),
      };
      return { handle, write: (lines) => series.write(lines) };
    });
  }

  histogram(options: MetricOptions & { readonly buckets: readonly number[] }): Histogram {
    return this.family(options, 'histogram', () => {
      const series = new BucketSeries(options);
      const handle: Histogram = {
        touch: (labels) => void series.at(labels),
        observe: (value, labels) => series.observe(value, labels),
      };
      return { handle, write: (lines) => series.write(lines) };
    });
  }

  /** Calls `refresh` before each scrape, for gauges that nobody would set otherwise: how long something has been going on. */
  collect(refresh: () => void): void {
    this.collectors.push(refresh);
  }

  /** The whole registry, as `GET /metrics` answers it. */
  expose(): string {
    for (const refresh of this.collectors) refresh();
    const lines: string[] = [];
    for (const { family } of this.families.values()) {
      lines.push(
        `# HELP ${family.options.name} ${family.options.help}`,
        `# TYPE ${family.options.name} ${family.type}`,
      );
      family.write(lines);
    }
    return `${lines.join('\n')}\n`;
  }

  private family<H>(
    options: MetricOptions,
    type: Family['type'],
    make: () => { readonly handle: H; readonly write: (lines: string[]) => void },
  ): H {
    const had = this.families.get(options.name);
    if (had !== undefined) {
      if (had.family.type !== type) throw new Error(`metric ${options.name} is a ${had.family.type}, not a ${type}`);
      return had.handle as H;
    }
    const { handle, write } = make();
    this.families.set(options.name, { family: { options, type, write }, handle });
    return handle;
  }
}

/** The series of one name, by the values of their labels. */
class Series {
  private readonly values = new Map<string, number>();
  private readonly labels: LabelText;

  constructor(private readonly options: MetricOptions) {
    this.labels = new LabelText(options.labels ?? []);
  }

  set(value: number, labels?: Labels): void {
    this.values.set(this.labels.of(labels), value);
  }

  add(amount: number, labels?: Labels): void {
    const text = this.labels.of(labels);
    this.values.set(text, (this.values.get(text) ?? 0) + amount);
  }

  remove(labels?: Labels): void {
    this.values.delete(this.labels.of(labels));
  }

  write(lines: string[]): void {
    for (const [text, value] of this.values) lines.push(`${this.options.name}${braced(text)} ${value}`);
  }
}

interface Buckets {
  /** How many fell between the bound before and this one; the last is without bound. */
  readonly counts: number[];
  sum: number;
}

/** The series of a histogram. One step up for an observation; sums over buckets only when somebody reads them. */
class BucketSeries {
  private readonly values = new Map<string, Buckets>();
  private readonly labels: LabelText;

  constructor(private readonly options: MetricOptions & { readonly buckets: readonly number[] }) {
    this.labels = new LabelText(options.labels ?? []);
  }

  at(labels?: Labels): Buckets {
    const text = this.labels.of(labels);
    const had = this.values.get(text);
    if (had !== undefined) return had;
    const buckets = { counts: new Array<number>(this.options.buckets.length + 1).fill(0), sum: 0 };
    this.values.set(text, buckets);
    return buckets;
  }

  observe(value: number, labels?: Labels): void {
    const series = this.at(labels);
    const { counts } = series;
    const { buckets: bounds } = this.options;
    let at = 0;
    while (at < bounds.length && value > (bounds[at] ?? 0)) at++;
    counts[at] = (counts[at] ?? 0) + 1;
    series.sum += value;
  }

  write(lines: string[]): void {
    const { name, buckets: bounds } = this.options;
    for (const [text, { counts, sum }] of this.values) {
      let total = 0;
      counts.forEach((count, at) => {
        total += count;
        const le = `le="${bounds[at] ?? '+Inf'}"`;
        lines.push(`${name}_bucket${braced(text === '' ? le : `${text},${le}`)} ${total}`);
      });
      lines.push(`${name}_sum${braced(text)} ${sum}`, `${name}_count${braced(text)} ${total}`);
    }
  }
}

/** Labels as they are written. Callers keep their label objects, so each is written out once. */
class LabelText {
  private readonly known = new WeakMap<Labels, string>();

  constructor(private readonly names: readonly string[]) {}

  of(labels: Labels | undefined): string {
    if (this.names.length === 0) return '';
    const had = labels === undefined ? undefined : this.known.get(labels);
    if (had !== undefined) return had;
    const text = this.names.map((name) => `${name}="${escaped(labels?.[name] ?? '')}"`).join(',');
    if (labels !== undefined) this.known.set(labels, text);
    return text;
  }
}

function braced(text: string): string {
  return text === '' ? '' : `{${text}}`;
}

function escaped(value: string): string {
  return value.replace(/\\/g, '\\\\').replace(/"/g, '\\"').replace(/\n/g, '\\n');
}
