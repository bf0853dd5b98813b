import type { InstanceType } from '../plugin/instance-catalog.js';
import { mib } from './bytes.js';

/** Labels that NVIDIA's GPU feature discovery writes on a node. */
const PRODUCT = 'nvidia.com/gpu.product';
const COUNT = 'nvidia.com/gpu.count';
const MEMORY_MIB = 'nvidia.com/gpu.memory';
const MAJOR = 'nvidia.com/cuda.compute.major';
const MINOR = 'nvidia.com/cuda.compute.minor';
const TYPE = 'node.kubernetes.io/instance-type';

/** The machine that a node is, or the labels that are missing or say nothing. */
export type NodeFacts =
  | { readonly known: true; readonly instance: InstanceType }
  | { readonly known: false; readonly problem: string };

/**
 * What a node that somebody else provides is worth to the planner, from its labels alone. Its memory is what the driver shows, less
 * than the nominal size, so a plan for it is on the safe side. It has no price: whoever owns it pays for it already.
 */
export function instanceTypeFromNode(labels: Readonly<Record<string, string>>): NodeFacts {
  const missing = [PRODUCT, COUNT, MEMORY_MIB].filter((label) => !labels[label]);
  if (missing.length > 0) {
    return {
      known: false,
      problem: `the node has no label ${missing.join(', ')}: install NVIDIA's GPU feature discovery, which writes them`,
    };
  }
  const count = whole(labels[COUNT]);
  const memory = whole(labels[MEMORY_MIB]);
  if (count === undefined || memory === undefined) {
    return {
      known: false,
      problem: `label ${count === undefined ? `${COUNT}=${labels[COUNT]}` : `${MEMORY_MIB}=${labels[MEMORY_MIB]}`} is not a whole number of at least 1`,
    };
  }
  const product = labels[PRODUCT] ?? '';
  const major = whole(labels[MAJOR]);
  const minor = labels[MINOR] === '0' ? 0 : whole(labels[MINOR]);
  const model = product.replaceAll('-', ' ');
  return {
    known: true,
    instance: {
      name: labels[TYPE] || product,
      gpu: {
        vendor: 'nvidia',
        model: /^nvidia/i.test(model) ? model : `NVIDIA ${model}`,
        count,
        memoryBytes: mib(memory),
        ...(major === undefined ? {} : { computeCapability: Number(`${major}.${minor ?? 0}`) }),
      },
      prices: [],
      source: 'the labels of the node',
    },
  };
}

function whole(text: string | undefined): number | undefined {
  const value = text !== undefined && /^\d+$/.test(text) ? Number(text) : 0;
  return value > 0 && Number.isSafeInteger(value) ? value : undefined;
}
