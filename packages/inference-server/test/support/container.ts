import type { ContainerStart } from '@kaito-sdk/inference-server/stand-ins';

/** What a production container of a preset image looks like. */
export const presetContainer: ContainerStart = {
  pod: { nodeName: 'gpu-node' },
  image: 'mcr.microsoft.com/aks/kaito/kaito-phi-3-mini-4k-instruct:0.0.2',
  command: [
    '/bin/sh',
    '-c',
    'accelerate launch --num_processes=1 --num_machines=1 --machine_rank=0 --gpu_ids=all inference_api.py --pipeline=text-generation --torch_dtype=float16 --trust_remote_code',
  ],
  args: [],
  workingDir: undefined,
  env: {},
  mounts: [],
  resources: { limits: { 'nvidia.com/gpu': '1' } },
  hostPort: (port) => 30_000 + port,
};

/** The same with another command line for the shell. */
export function launching(line: string, overrides: Partial<ContainerStart> = {}): ContainerStart {
  return { ...presetContainer, command: ['/bin/sh', '-c', line], ...overrides };
}

/** What a production container of vLLM looks like, with further arguments. */
export function vllmContainer(args: readonly string[], overrides: Partial<ContainerStart> = {}): ContainerStart {
  return {
    ...presetContainer,
    image: 'docker.io/vllm/vllm-openai:v0.25.1',
    command: ['vllm', 'serve'],
    args,
    ...overrides,
  };
}
