/** Values of the labels of one series, by label name. */
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
      };
      return { handle, write: (lines) => series.write(lines) };
    });
  }

  histogram(options: MetricOptions & { readonly buckets: readonly number[] }): Histogram {
    return this.family(options, 'histogram', () => {
      const buckets = new Series({
        ...options,
        name: `${options.name}_bucket`,
        labels: [...(options.labels ?? []), 'le'],
      });
      const sum = new Series({ ...options, name: `${options.name}_sum` });
      const count = new Series({ ...options, name: `${options.name}_count` });
      const record = (times: number, value: number, labels: Labels = {}): void => {
        for (const bound of options.buckets) {
          buckets.add(value <= bound ? times : 0, { ...labels, le: String(bound) });
        }
        buckets.add(times, { ...labels, le: '+Inf' });
        sum.add(times * value, labels);
        count.add(times, labels);
      };
      const handle: Histogram = {
        touch: (labels) => record(0, 0, labels),
        observe: (value, labels) => record(1, value, labels),
      };
      const write = (lines: string[]): void => {
        for (const series of [buckets, sum, count]) series.write(lines);
      };
      return { handle, write };
    });
  }

  /** The whole registry, as `GET /metrics` answers it. */
  expose(): string {
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

  constructor(private readonly options: MetricOptions) {}

  set(value: number, labels?: Labels): void {
    this.values.set(this.text(labels), value);
  }

  add(amount: number, labels?: Labels): void {
    const text = this.text(labels);
    this.values.set(text, (this.values.get(text) ?? 0) + amount);
  }

  write(lines: string[]): void {
    for (const [text, value] of this.values) lines.push(`${this.options.name}${text} ${value}`);
  }

  private text(labels: Labels = {}): string {
    const names = this.options.labels ?? [];
    if (names.length === 0) return '';
    return `{${names.map((name) => `${name}="${escaped(labels[name] ?? '')}"`).join(',')}}`;
  }
}

function escaped(value: string): string {
  return value.replace(/\\/g, '\\\\').replace(/"/g, '\\"').replace(/\n/g, '\\n');
}
