import { type JsonSchema, schemaOf } from '@kaito-sdk/core';
import { OperatorConfig } from './operator-config.js';

/** The settings as the rows of a Markdown table: path, type, default, meaning. */
export function configReference(): string {
  const lines = ['| setting | type | default | meaning |', '|---|---|---|---|'];
  for (const [name, schema] of Object.entries(schemaOf(OperatorConfig).properties ?? {})) rows(name, schema, lines);
  return `${lines.join('\n')}\n`;
}

function rows(path: string, schema: JsonSchema, lines: string[]): void {
  const { properties, items, description = '' } = schema;
  const cell = (text: string): string => text.replaceAll('|', '\\|');
  lines.push(`| \`${path}\` | ${typeOf(schema)} | ${cell(defaultOf(schema))} | ${cell(description)} |`);
  for (const [name, part] of Object.entries(properties ?? items?.properties ?? {})) {
    rows(`${path}${items === undefined ? '' : '[]'}.${name}`, part, lines);
  }
}

function typeOf({ type, enum: values, items }: JsonSchema): string {
  if (values !== undefined) return values.map((value) => `\`${value}\``).join(' or ');
  return type === 'array' ? `list of ${items?.type ?? 'values'}s` : type === 'object' ? 'map' : String(type);
}

function defaultOf({ default: value, type }: JsonSchema): string {
  if (value === undefined || type === 'object') return '';
  if (!Array.isArray(value)) return `\`${value}\``;
  return value.length === 0 ? 'empty' : value.map((item) => `\`${item}\``).join(', ');
}
