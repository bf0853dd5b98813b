import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import {
  admitWorkspace,
  type Catalogs,
  explain,
  formatFieldErrors,
  plan,
  type Workspace,
  workspaceFrom,
} from '@kaito-sdk/core';
import { VirtualClock } from '@kaito-sdk/devcluster';
import { configSchema, installPlugins, operatorConfig } from '@kaito-sdk/operator';
import { Ajv } from 'ajv';
import { expect } from 'chai';
import { parseAllDocuments } from 'yaml';
import { planning, SIMULATED } from '../../packages/operator/dist-test/support/planning.js';
import { type Block, guides, ROOT } from './support/pages.js';

type Document = Readonly<Record<string, unknown>>;

const from = createRequire(import.meta.url).resolve('@kaito-sdk/operator');
const values = new Ajv({ strict: false }).compile(
  JSON.parse(readFileSync(join(ROOT, 'charts/kaito/values.schema.json'), 'utf8')),
);
const settings = new Set(Object.keys((configSchema() as { properties: object }).properties));

/** What a block of YAML is, by what it says. */
function kindOf(
  document: Document,
): 'Workspace' | 'part of a Workspace' | 'configuration' | 'Helm values' | 'another object' {
  const keys = Object.keys(document);
  if (document.kind === 'Workspace') return 'Workspace';
  if (document.apiVersion !== undefined) return 'another object';
  if (keys.every((key) => ['metadata', 'resource', 'inference', 'tuning'].includes(key))) return 'part of a Workspace';
  // Both have a `config`: that of the configuration is by plugin, that of the values is the configuration.
  const byPlugin =
    document.plugins !== undefined || Object.keys((document.config ?? {}) as object).every((key) => key.includes('/'));
  return keys.every((key) => settings.has(key)) && byPlugin ? 'configuration' : 'Helm values';
}

/** A part of a Workspace with the rest that it needs. */
function whole({ metadata, resource, inference, tuning }: Document): Document {
  return {
    apiVersion: 'kaito.sh/v1beta1',
    kind: 'Workspace',
    metadata: { name: 'demo', ...(metadata as object) },
    resource: {
      instanceType: 'Standard_NC24ads_A100_v4',
      labelSelector: { matchLabels: { apps: 'demo' } },
      ...(resource as object),
    },
    ...(tuning === undefined ? { inference: inference ?? { preset: { name: 'phi-3-mini-4k-instruct' } } } : { tuning }),
  };
}

describe('the YAML of the documentation', () => {
  let catalogs: Catalogs;
  before(async () => {
    // A machine that Azure has retired is still planned for where it can exist, as on the simulated cloud of the quick start.
    catalogs = await planning(SIMULATED);
  });

  const says = {
    Workspace: 'a Workspace that is valid and is planned',
    'part of a Workspace': 'a part of a Workspace that is valid and is planned',
    configuration: 'a configuration with which the operator starts',
    'Helm values': 'values that the chart takes, with a configuration that the operator takes',
    'another object': 'an object with a version, a kind and a name',
  };

  const checks = {
    Workspace: (document: Document) => {
      const workspace = workspaceFrom(document);
      const errors = admitWorkspace(workspace);
      expect(formatFieldErrors(errors)).to.equal('');
      // An adapter that a tuning makes has its image by the time of the Plan.
      const adapters = workspace.inference?.adapters?.map(({ tuning, source, ...rest }) =>
        tuning === undefined
          ? { source, ...rest }
          : { ...rest, source: { ...source, image: 'registry.example/tuned:1' } },
      );
      const ready =
        adapters === undefined ? workspace : { ...workspace, inference: { ...workspace.inference, adapters } };
      const decision = plan(ready as Workspace, catalogs);
      expect(decision.feasible, explain(decision).join('\n')).to.equal(true);
    },
    'part of a Workspace': (document: Document) => checks.Workspace(whole(document)),
    configuration: async (document: Document) => {
      const config = operatorConfig(document, 'the page');
      // A model's own config.json, and plugins that somebody else publishes, are on the reader's disk.
      if (config.models.length > 0 || config.plugins.some((name) => !name.startsWith('@kaito-sdk/'))) return;
      const { provisioner } = await installPlugins(config, from, new VirtualClock());
      expect(provisioner.name).to.equal(config.provisioner);
    },
    'Helm values': async (document: Document) => {
      expect(values(document), JSON.stringify(values.errors)).to.equal(true);
      if (document.config !== undefined) await checks.configuration(document.config as Document);
    },
    'another object': (document: Document) => {
      expect(document).to.include.keys('apiVersion', 'kind');
      expect((document.metadata as { name?: unknown } | undefined)?.name).to.be.a('string');
    },
  } as const;

  for (const { file, blocks } of guides()) {
    for (const block of blocks.filter(({ language }) => language === 'yaml')) {
      for (const [index, document] of documentsOf(block).entries()) {
        const kind = kindOf(document);
        it(`${file}, line ${block.at.split(':').at(-1)}${index > 0 ? ` (${index + 1})` : ''}: ${says[kind]}`, async () => {
          await checks[kind](document);
        });
      }
    }
  }
});

function documentsOf({ at, text }: Block): readonly Document[] {
  return parseAllDocuments(text).map((document) => {
    if (document.errors.length > 0) throw new Error(`${at}: ${document.errors[0]}`);
    return document.toJS() as Document;
  });
}
