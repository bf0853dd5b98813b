/**
 * A context shorter than this is not worth a node. KAITO v0.12.0 sizes nodes for 2,048 tokens when nothing else is said.
 */
export const MINIMUM_CONTEXT = 2048;
