import { Failure } from '../failure.js';
import type { DatasetSettings } from './settings.js';

export type Row = Readonly<Record<string, unknown>>;

/** What a file's rows are, and what is wrong with one of them; undefined when it can be learned from. The rules are the training program's. */
export interface Form {
  readonly name: 'messages' | 'prompt' | 'text';
  readonly columns: readonly string[];
  problem(row: Row): string | undefined;
}

/** @throws Failure COLUMNS_MISSING */
export function chooseForm(file: string, columns: readonly string[], settings: DatasetSettings): Form {
  const have = new Set(columns);
  const need = (...wanted: readonly string[]) => {
    const missing = wanted.filter((column) => !have.has(column));
    if (missing.length === 0) return;
    const message = `${file} has no column ${missing.join(', ')}; it has ${shown(columns)}. Set the columns in DatasetConfig`;
    throw new Failure('COLUMNS_MISSING', message);
  };
  const { messages_column: messages, context_column: context, response_column: response } = settings;
  if (messages) {
    need(messages);
    return conversation(messages);
  }
  if (context) {
    need(context, response ?? 'text');
    return texts('messages', [context, response ?? 'text']);
  }
  if (response) {
    need(response);
    return texts('text', [response]);
  }
  if (have.has('messages')) return conversation('messages');
  if (have.has('prompt') && have.has('completion')) return texts('prompt', ['prompt', 'completion']);
  const answer = ['response', 'output', 'answer'].find((column) => have.has(column));
  if (have.has('instruction') && answer) return texts('messages', ['instruction', answer]);
  if (have.has('text')) return texts('text', ['text']);
  const message = `${file} has the columns ${shown(columns)}; one of messages, prompt with completion, instruction with response or output, or text is wanted. Rename them, or set the columns in DatasetConfig`;
  throw new Failure('COLUMNS_MISSING', message);
}

function shown(columns: readonly string[]): string {
  return columns.length === 0 ? 'none' : [...columns].sort().join(', ');
}

function texts(name: Form['name'], columns: readonly string[]): Form {
  return {
    name,
    columns,
    problem: (row) => {
      const empty = columns.find((column) => !isFilled(row[column]));
      return empty === undefined ? undefined : `${empty} is empty or no text`;
    },
  };
}

const ROLES: ReadonlySet<unknown> = new Set(['system', 'user', 'assistant', 'tool']);

function conversation(column: string): Form {
  return {
    name: 'messages',
    columns: [column],
    problem: (row) => {
      const turns = row[column];
      if (!Array.isArray(turns) || turns.length === 0) return `${column} is no list of messages`;
      if (turns.some((turn) => !ROLES.has(turn?.role))) return 'a message has no known role';
      if (turns.some((turn) => !isFilled(turn?.content))) return 'content is empty or no text';
      if (turns.every((turn) => turn?.role !== 'assistant'))
        return 'no message is the assistant’s: there is nothing to learn';
      return undefined;
    },
  };
}

function isFilled(value: unknown): boolean {
  return typeof value === 'string' && value.trim() !== '';
}
