import { bytes, cacheBytesPerToken, gib, type MemoryDemand, type RuntimeNeed } from '@kaito-sdk/core';
import { type ModelSource, modelSource } from './model-source.js';

/**
 * Bits of a weight by the way it is written down, which the names of GGUF files carry by custom. Of the K kinds those of Llama 2 7B in llama.cpp's own
 * table (`tools/quantize/README.md`); of the others by their blocks: 32 weights and one or two 16-bit scales.
 */
const BITS: Readonly<Record<string, number>> = {
  Q2_K: 3.35,
  Q3_K_S: 3.5,
  Q3_K_M: 3.91,
  Q3_K_L: 4.27,
  Q4_0: 4.5,
  Q4_1: 5,
  Q4_K_S: 4.58,
  Q4_K_M: 4.84,
  Q5_0: 5.5,
  Q5_1: 6,
  Q5_K_S: 5.52,
  Q5_K_M: 5.68,
  Q6_K: 6.56,
  Q8_0: 8.5,
  F32: 32,
};
/** What nothing is known of is taken to be whole. */
const WHOLE = 16;

/** The tiny model that is in the image, and what is computed with it: 111 MB were measured, with its library. */
const TINY = gib(0.125);
/** The program, its library, and the buffers that a prompt is computed in, in batches of 512 tokens. */
const PROGRAM = gib(0.5);
/** What kubelet, system and the threshold of eviction leave of a machine; clouds keep from a tenth of large ones to a fifth of small ones. */
const SHARE = 0.8;
const SHORTEST_CONTEXT = 512;

/** Memory of the machine: weights, one sequence's cache in 16 bits, and the program. */
export function llamacppSizing({ preset, workspace }: RuntimeNeed): MemoryDemand {
  const source = modelSource(workspace);
  const program = { name: 'program', bytes: PROGRAM, source: 'the server, its library and its buffers, by estimate' };
  if (source === undefined || source.kind === 'tiny') {
    const tiny = { name: 'model', bytes: TINY, source: 'the demonstration model, measured with its library' };
    return { utilization: SHARE, fixed: [tiny, program], perToken: [], perTokenSquared: [], minimumContext: 1 };
  }
  const { bits, from } = bitsOf(source);
  const { model } = preset;
  return {
    utilization: SHARE,
    fixed: [
      {
        name: 'weights',
        bytes: bytes(Math.ceil((model.parameters * bits) / 8)),
        source: `${model.parameters} parameters of ${bits} bits, ${from}`,
      },
      program,
    ],
    perToken: [
      {
        name: 'key-value cache',
        bytes: bytes(cacheBytesPerToken(model)),
        source: '2 x layers x key-value heads x head size x 2 bytes',
      },
    ],
    perTokenSquared: [],
    minimumContext: SHORTEST_CONTEXT,
  };
}

function bitsOf({ file }: Exclude<ModelSource, { readonly kind: 'tiny' }>): {
  readonly bits: number;
  readonly from: string;
} {
  const kinds = Object.keys(BITS).sort((a, b) => b.length - a.length);
  const kind = kinds.find((one) => new RegExp(`(^|[^a-z0-9])${one}([^a-z0-9]|$)`, 'i').test(file));
  const bits = kind === undefined ? undefined : BITS[kind];
  if (bits === undefined) return { bits: WHOLE, from: `the name ${file} says of no other` };
  return { bits, from: `as ${kind} in the name ${file} says` };
}
