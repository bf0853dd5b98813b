import type { Option } from './arguments.js';

const one = (kind: Option['kind'], names: string): readonly Option[] =>
  names
    .trim()
    .split(/\s+/)
    .map((name) => ({ names: [name], takes: 'one', kind }));

/** The options of `accelerate launch`, as accelerate 0.30.0 has them. Which version KAITO's 0.0.x images hold was not looked up; those that KAITO renders are older than either. */
export const accelerateFlags: readonly Option[] = [
  ...[
    '--cpu',
    '--multi-gpu',
    '--tpu',
    '--ipex',
    '--use-deepspeed',
    '--use-fsdp',
    '--use-megatron-lm',
    '--use-xpu',
    '--debug',
    '--no-python',
  ]
    .concat([
      '--dynamo-use-fullgraph',
      '--dynamo-use-dynamic',
      '--enable-cpu-affinity',
      '--tpu-cluster',
      '--no-tpu-cluster',
      '--downcast-bf16',
    ])
    .map((name): Option => ({ names: [name], takes: 'none' })),
  { names: ['--quiet', '-q'], takes: 'none' },
  { names: ['-m', '--module'], takes: 'none' },
  { names: ['--mixed-precision'], takes: 'one', choices: ['no', 'fp16', 'bf16', 'fp8'] },
  ...one(
    'int',
    '--num-processes --num-machines --machine-rank --main-process-port --num-cpu-threads-per-process --max-restarts',
  ),
  ...one('float', '--monitor-interval'),
  ...one(
    'text',
    '--config-file --gpu-ids --same-network --main-process-ip --role --rdzv-backend --rdzv-conf --dynamo-backend --dynamo-mode',
  ),
  ...one('text', '--main-training-function --vm --env --mpirun-hostfile --mpirun-ccl --tpu-use-sudo'),
  { names: ['-t', '--tee'], takes: 'one' },
];
