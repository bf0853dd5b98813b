/** A cause that the last words of a program give away. */
export interface KnownCause {
  readonly reason: string;
  /** The line of the log that says so. */
  readonly line: string;
  readonly remedy: string;
}

interface Pattern {
  readonly reason: string;
  readonly pattern: RegExp;
  readonly remedy: string;
}

/**
 * What engines say before they end, with what helps. The texts are those of Python, torch, huggingface_hub and vLLM (read in 0.32). In the order of
 * how much they explain: a full disk makes a download fail, and not the other way round.
 */
const patterns: readonly Pattern[] = [
  {
    reason: 'DiskFull',
    pattern: /No space left on device|\bErrno 28\b|ENOSPC|[Dd]isk quota exceeded|[Nn]ot enough free disk space/,
    remedy: 'Choose an instance type with a larger disk, or a volume that holds the weights.',
  },
  {
    reason: 'WeightsGated',
    pattern:
      /GatedRepoError|gated repo|is restricted and you are not in the authorized list|\b401 Client Error|\b403 Client Error/,
    remedy:
      'Accept the conditions of the model at its hub, put a token that may read it into a Secret under HF_TOKEN, and name that in inference.preset.presetOptions.modelAccessSecret.',
  },
  {
    reason: 'WeightsNotFound',
    pattern: /RepositoryNotFoundError|RevisionNotFoundError|EntryNotFoundError|\b404 Client Error/,
    remedy: 'Check the name and the revision of the model at its hub.',
  },
  {
    reason: 'WeightsUnreachable',
    pattern:
      /LocalEntryNotFoundError|[Nn]ame resolution|Name or service not known|getaddrinfo|Max retries exceeded|ConnectTimeout|ReadTimeout|ConnectionError|ProxyError|CERTIFICATE_VERIFY_FAILED/,
    remedy: 'Let the pods reach the model hub (name service, egress rules, proxy), or serve the weights from an image.',
  },
  {
    reason: 'GpuOutOfMemory',
    pattern:
      /OutOfMemoryError: CUDA|CUDA out of memory|No available memory for the cache blocks|maximum number of tokens that can be stored in KV cache|Free memory on device .*less than desired/,
    remedy: 'Choose an instance type with more GPU memory; kaito plan prints what the model needs.',
  },
  {
    reason: 'GpuMissing',
    pattern:
      /Failed to infer device type|No CUDA GPUs are available|no CUDA-capable device|Found no NVIDIA driver|libcuda\.so\.1: cannot open|larger than the number of available GPUs/,
    remedy: 'Look at the driver and the device plugin of the node: the container was given no GPU that works.',
  },
  {
    reason: 'GpuUnsupported',
    pattern: /no kernel image is available for execution|[Bb]float16 is (only|not) supported|bfloat16 is not supported/,
    remedy: 'Choose an instance type with a newer GPU, or an image that is built for this one.',
  },
  {
    reason: 'AdapterUnsupported',
    pattern: /is greater than max_lora_rank|Loading lora .* failed|LoraConfig\.__init__\(\)|LoRA is not enabled/,
    remedy: 'Look at inference.adapters: the image does not take this adapter.',
  },
  {
    reason: 'EngineArgumentsRefused',
    pattern: /error: (unrecognized arguments|argument -)|ModuleNotFoundError|architectures .* are not supported/,
    remedy:
      'The version of the image does not go with its arguments or with the model: set another image, or take back what was changed.',
  },
];

/** The cause in a program's last words, if it is a known one; the last line that tells it. */
export function knownCause(words: string): KnownCause | undefined {
  const lines = words.split('\n').map((line) => line.trim());
  for (const { reason, pattern, remedy } of patterns) {
    const line = lines.findLast((one) => pattern.test(one));
    if (line !== undefined) return { reason, line, remedy };
  }
  return undefined;
}
