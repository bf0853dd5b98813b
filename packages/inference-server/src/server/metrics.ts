/** What {@link ServerMetrics} asks for at the moment of a scrape. */
export interface Gauges {
  readonly running: number;
  readonly waiting: number;
  readonly modelLoaded: boolean;
  /** Resident memory in bytes. */
  readonly memory: number;
}

const SECONDS = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

/** Counts what the server does, and writes it in the text format of Prometheus. */
export class ServerMetrics {
  private readonly responses = new Map<string, number>();
  private readonly buckets = SECONDS.map(() => 0);
  private promptTokens = 0;
  private generatedTokens = 0;
  private rejections = 0;
  private answers = 0;
  private answerSeconds = 0;

  /** A response was sent. `route` is the path of the route, not of the request, so that a scanner cannot fill the memory with labels. */
  responded(route: string, status: number): void {
    const key = `path="${route}",status="${status}"`;
    this.responses.set(key, (this.responses.get(key) ?? 0) + 1);
  }

  /** A request was turned away because the queue was full. */
  rejected(): void {
    this.rejections++;
  }

  /** A generation ended, by itself or because the client hung up. */
  answered(promptTokens: number, generatedTokens: number, seconds: number): void {
    this.answers++;
    this.answerSeconds += seconds;
    this.promptTokens += promptTokens;
    this.generatedTokens += generatedTokens;
    SECONDS.forEach((limit, i) => {
      if (seconds <= limit) this.buckets[i] = (this.buckets[i] ?? 0) + 1;
    });
  }

  render(gauges: Gauges): string {
    return [
      family(
        'kaito_inference_responses_total',
        'counter',
        'HTTP responses by path and status.',
        [...this.responses].map(([labels, n]) => [`{${labels}}`, n]),
      ),
      single(
        'kaito_inference_prompt_tokens_total',
        'counter',
        'Tokens of prompts that were answered.',
        this.promptTokens,
      ),
      single('kaito_inference_generated_tokens_total', 'counter', 'Tokens that were generated.', this.generatedTokens),
      single(
        'kaito_inference_rejected_total',
        'counter',
        'Requests that got 429 because the queue was full.',
        this.rejections,
      ),
      single('kaito_inference_requests_running', 'gauge', 'Requests that are being answered.', gauges.running),
      single('kaito_inference_requests_waiting', 'gauge', 'Requests that wait for their turn.', gauges.waiting),
      single('kaito_inference_model_loaded', 'gauge', '1 once the model is loaded.', gauges.modelLoaded ? 1 : 0),
      single('process_resident_memory_bytes', 'gauge', 'Resident memory.', gauges.memory),
      family(
        'kaito_inference_answer_seconds',
        'histogram',
        'Time to generate an answer, without the wait for a turn.',
        [
          ...SECONDS.map((limit, i) => [`_bucket{le="${limit}"}`, this.buckets[i] ?? 0] as const),
          ['_bucket{le="+Inf"}', this.answers],
          ['_sum', this.answerSeconds],
          ['_count', this.answers],
        ],
      ),
    ].join('');
  }
}

function single(name: string, type: string, help: string, value: number): string {
  return family(name, type, help, [['', value]]);
}

function family(name: string, type: string, help: string, samples: readonly (readonly [string, number])[]): string {
  const lines = samples.map(([suffix, value]) => `${name}${suffix} ${value}\n`);
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${lines.join('')}`;
}
