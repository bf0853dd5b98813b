import type { Option, ValueKind } from './arguments.js';

/*
 * The options of `vllm serve`, by their names in vLLM 0.25.1 and 0.32.0 (both have all of these). What a runtime may well render is
 * checked as argparse would; the rest is only known to exist.
 */

const words = (text: string) => text.trim().split(/\s+/);
const valued = (kind: ValueKind, names: string): readonly Option[] =>
  words(names).map((name) => ({ names: [`--${name}`], takes: 'one', kind }));

/** On and off, as `--x` and `--no-x`. */
const switches =
  words(`trust-remote-code enable-lora enforce-eager enable-prefix-caching enable-chunked-prefill disable-log-stats
  enable-log-requests skip-tokenizer-init disable-sliding-window disable-custom-all-reduce enable-auto-tool-choice
  disable-uvicorn-access-log enable-expert-parallel enable-sleep-mode`).map(
    (name): Option => ({ names: [`--${name}`], takes: 'none', negatable: true }),
  );

const choices = (name: string, values: string): Option => ({
  names: [`--${name}`],
  takes: 'one',
  choices: words(values),
});

const checked: readonly Option[] = [
  ...switches,
  choices('dtype', 'auto bfloat16 float float16 float32 half'),
  choices('max-lora-rank', '1 8 16 32 64 128 256 320 512'),
  choices('uvicorn-log-level', 'critical debug error info trace warning'),
  { names: ['--tensor-parallel-size', '-tp'], takes: 'one', kind: 'int' },
  { names: ['--pipeline-parallel-size', '-pp'], takes: 'one', kind: 'int' },
  { names: ['--data-parallel-size', '-dp'], takes: 'one', kind: 'int' },
  { names: ['--nnodes', '-n'], takes: 'one', kind: 'int' },
  { names: ['--node-rank', '-r'], takes: 'one', kind: 'int' },
  { names: ['--quantization', '-q'], takes: 'one' },
  { names: ['--compilation-config', '-cc'], takes: 'one' },
  { names: ['--speculative-config', '-sc'], takes: 'one', kind: 'json' },
  { names: ['--middleware'], takes: 'one', repeatable: true },
  { names: ['--served-model-name'], takes: 'many' },
  { names: ['--lora-modules'], takes: 'many' },
  { names: ['--api-key'], takes: 'many' },
  ...valued('int', 'port max-loras max-cpu-loras seed block-size max-logprobs num-gpu-blocks-override master-port'),
  ...valued('int', 'max-parallel-loading-workers shutdown-timeout'),
  ...valued('count', 'max-model-len max-num-seqs max-num-batched-tokens kv-cache-memory-bytes'),
  ...valued('float', 'gpu-memory-utilization cpu-offload-gb'),
  ...valued('json', 'override-generation-config hf-overrides kv-transfer-config kv-events-config'),
  ...valued(
    'text',
    `host uds model tokenizer revision tokenizer-revision code-revision download-dir load-format config-format tokenizer-mode
    hf-config-path hf-token kv-cache-dtype lora-dtype generation-config distributed-executor-backend performance-mode reasoning-parser
    ignore-patterns master-addr chat-template tool-call-parser root-path ssl-keyfile ssl-certfile config log-config-file`,
  ),
];

const onlyKnown = words(`
additional-config aggregate-engine-logging all2all-backend allow-credentials allow-deprecated-quantization allowed-headers
allowed-local-media-path allowed-media-domains allowed-methods allowed-origins api-server-count async-scheduling attention-backend
attention-config chat-template-content-format collect-detailed-traces convert cp-kv-cache-interleave-size cpu-distributed-timeout-seconds
cpu-offload-params cudagraph-capture-sizes cudagraph-metrics data-parallel-address data-parallel-backend data-parallel-external-lb
data-parallel-hybrid-lb data-parallel-multi-port-external-lb data-parallel-rank data-parallel-rpc-port data-parallel-size-local
data-parallel-start-rank data-parallel-supervisor-port dbo-decode-token-threshold dbo-prefill-token-threshold dcp-comm-backend
dcp-kv-cache-interleave-size decode-context-parallel-size default-chat-template-kwargs default-mm-loras device-ids diffusion-config
disable-access-log-for-endpoints disable-cascade-attn disable-chunked-mm-input disable-fastapi-docs disable-hybrid-kv-cache-manager
disable-nccl-for-dp-synchronization distributed-timeout-seconds dp-supervisor-probe-failure-threshold dp-supervisor-probe-interval-s
dp-supervisor-probe-timeout-s ec-transfer-config enable-cumem-allocator enable-dbo enable-elastic-ep enable-ep-weight-filter enable-eplb
enable-flash-late-interaction enable-flashinfer-autotune enable-force-include-usage enable-layerwise-nvtx-tracing enable-log-deltas
enable-log-outputs enable-logging-iteration-details enable-mamba-cache-stochastic-rounding enable-mfu-metrics enable-mixed-moe-lora-format
enable-mm-embeds enable-offline-docs enable-per-request-metrics enable-prompt-embeds enable-prompt-tokens-details
enable-request-id-headers enable-return-routed-experts enable-server-load-tracking enable-ssl-refresh enable-tokenizer-info-endpoint
enable-tower-connector-lora eplb-config exclude-tools-when-tool-choice-none expert-placement-strategy fail-on-environ-validation
fingerprint-mode fingerprint-value fully-sharded-loras gdn-prefill-backend grpc h11-max-header-count h11-max-incomplete-event-size
headless interleave-mm-strings io-processor-plugin ir-op-priority jit-monitor-mode jit-monitor-verbose kernel-config
kv-cache-dtype-skip-layers kv-cache-metrics kv-cache-metrics-sample kv-offloading-backend kv-offloading-size kv-sharing-fast-prefill
language-model-only limit-mm-per-prompt linear-backend log-error-stack logits-processors logprobs-mode long-prefill-token-threshold
lora-target-modules mamba-backend mamba-block-size mamba-cache-dtype mamba-cache-mode mamba-cache-philox-rounds mamba-ssm-cache-dtype
max-cudagraph-capture-size max-log-len media-io-kwargs mm-encoder-attn-backend mm-encoder-attn-dtype mm-encoder-fp8-scale-path
mm-encoder-fp8-scale-save-margin mm-encoder-fp8-scale-save-path mm-encoder-only mm-encoder-tp-mode mm-ipc-gpu-memory-gb
mm-processor-cache-gb mm-processor-cache-type mm-processor-kwargs mm-shm-cache-max-object-size-mb mm-tensor-ipc model-class-overrides
model-impl model-loader-extra-config moe-backend numa-bind numa-bind-cpus numa-bind-nodes offload-backend offload-group-size
offload-num-in-group offload-params offload-prefetch-step optimization-level otlp-traces-endpoint pooler-config
prefill-context-parallel-size prefill-schedule-interval prefix-caching-hash-algo profiler-config pt-load-map-location quantization-config
ray-workers-use-nsight reasoning-config reasoning-parser-plugin renderer-num-workers response-role return-tokens-as-token-ids runner
safetensors-load-strategy safetensors-prefetch-block-size safetensors-prefetch-num-threads scheduler-cls scheduler-reserve-full-isl
scheduling-policy show-hidden-metrics-for-version skip-mm-profiling spec-method spec-model spec-tokens specialize-active-lora ssl-ca-certs
ssl-cert-reqs ssl-ciphers stream-interval structured-outputs-config tokens-only tool-parser-plugin tool-server trust-request-chat-template
ubatch-size use-fp64-gumbel use-tqdm-on-load video-pruning-rate watermark weight-transfer-config worker-cls worker-extension-cls
`).map((name): Option => ({ names: [`--${name}`], takes: 'maybe' }));

/** In vLLM 0.8.5, by its documentation, and no longer in 0.25.1. When each went was not looked up, so older tags keep them all. */
const formerly = words(
  'swap-space disable-log-requests enable-reasoning task num-scheduler-steps guided-decoding-backend',
).map((name): Option => ({ names: [`--${name}`], takes: 'maybe' }));

/** The options of `vllm serve` in an image with this tag. Only releases are told apart; any other tag counts as the newest. */
export function vllmFlags(tag: string): readonly Option[] {
  const [, major, minor] = /^v?(\d+)\.(\d+)/.exec(tag) ?? [];
  const old = major !== undefined && (Number(major) > 0 ? false : Number(minor) < 25);
  return [...checked, ...onlyKnown, ...(old ? formerly : [])];
}

/** Options that change nothing about the answers of a small model on a processor, or about how it is reached. */
export const withoutEffect: ReadonlySet<string> = new Set([
  ...onlyKnown.flatMap(({ names }) => names),
  ...words(`--gpu-memory-utilization --tensor-parallel-size --pipeline-parallel-size --data-parallel-size --dtype --revision
    --tokenizer-revision --code-revision --download-dir --enforce-eager --max-num-seqs --max-num-batched-tokens --api-key
    --chat-template --enable-prefix-caching --quantization --kv-cache-dtype --tool-call-parser --enable-auto-tool-choice --seed`),
]);
