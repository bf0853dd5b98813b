import type { ChatMessage } from './engine.js';

/** A stretch of text that is tokenized by itself. Only in a marker may `<|...|>` become a control token. */
export interface TemplateSegment {
  readonly kind: 'marker' | 'text';
  readonly text: string;
}

/**
 * Phi-3's chat form: `<|user|>\nTEXT<|end|>\n` for each turn, then `<|assistant|>\n`.
 *
 * Rendered here and not by a template engine, because the library's own session puts an empty system turn before ours, which changes the
 * answers of a tuned model. The text of a turn is a segment of its own, so that a user who writes `<|end|>` cannot open a turn of
 * somebody else.
 */
export function phi3Segments(messages: readonly ChatMessage[]): readonly TemplateSegment[] {
  const segments: TemplateSegment[] = [];
  for (const { role, content } of messages) {
    segments.push(
      { kind: 'marker', text: `<|${role}|>` },
      { kind: 'text', text: `\n${content}` },
      { kind: 'marker', text: '<|end|>' },
      { kind: 'text', text: '\n' },
    );
  }
  return [...segments, { kind: 'marker', text: '<|assistant|>' }, { kind: 'text', text: '\n' }];
}
