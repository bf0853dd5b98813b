/**
 * Share of a GPU's nominal memory that programs can see: drivers and ECC keep the rest. The smallest share known counts for all,
 * because too short a context costs a little and too long a one a node that never gets ready.
 */
export const VISIBLE_SHARE = 0.92;

/** A T4 of 16 GiB shows 14.75 GiB (device list of a CUDA program, NVIDIA/DALI issue 1813): 0.922. */
export const VISIBLE_SHARE_SOURCE = 'a T4 of 16 GiB shows 14.75 GiB to programs (NVIDIA/DALI issue 1813)';
