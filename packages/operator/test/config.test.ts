import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defaultLeasePolicy, schemaOf } from '@kaito-sdk/core';
import { OperatorConfig, operatorConfig, readConfig } from '@kaito-sdk/operator';
import { expect } from 'chai';
import { hubModels } from '../dist/hub-models.js';
import { planning } from './support/planning.js';

describe('the operator configuration', () => {
  it('has a default for everything: the bundled plugins, and a lease', () => {
    const config = operatorConfig({}, 'test');
    expect(config.plugins).to.include.members(['@kaito-sdk/provider-karpenter', '@kaito-sdk/presets-phi']);
    expect(config.leaderElection).to.equal(true);
    expect(config.provisioner, 'the bundled plugins have more than one').to.equal('karpenter');
  });

  for (const [title, raw, message] of [
    [
      'a key that nobody knows',
      { pluggins: [] },
      /test is not valid: pluggins is not a setting; did you mean plugins\?/,
    ],
    ['plugins that are no list', { plugins: '@acme/x' }, /plugins: "@acme\/x" is invalid: must be a list/],
    ['a plugin name that is no text', { plugins: [1] }, /plugins\[0\]: 1 is invalid: must be a string/],
    ['a list in place of a map', [], /it must be a map of settings/],
  ] as const) {
    it(`refuses ${title}, by name`, () => {
      expect(() => operatorConfig(raw, 'test')).to.throw(message);
    });
  }

  it('tells once what settings there are, however many it does not know', () => {
    const manifest = { apiVersion: 'x', kind: 'y', metadata: {} };
    expect(() => operatorConfig(manifest, 'test')).to.throw(
      /apiVersion is not a setting; there are plugins, [^;]*; kind is not a setting; metadata is not a setting$/,
    );
  });

  const machines = async (instanceTypes: unknown) => {
    const { instances } = await planning({ instanceTypes });
    return instances.flatMap((catalog) => catalog.instances());
  };

  it('changes and adds instance types, and leaves the catalog as it was', async () => {
    const all = await machines([
      { name: 'standard_nc4as_t4_v3', price: { usdPerHour: 0.31, region: 'eastus', asOf: '2026-10-01' } },
      { name: 'lab-box', gpu: { model: 'NVIDIA RTX 6000', memoryGiB: 48, computeCapability: 8.6 } },
    ]);
    expect(all).to.have.length(53);
    expect(all.find(({ name }) => name === 'Standard_NC4as_T4_v3')?.prices[0]?.usdPerHour).to.equal(0.31);
    expect(all.find(({ name }) => name === 'lab-box')?.gpu.count).to.equal(1);
  });

  it('names every setting that is wrong, with where it stands', () => {
    const wrong = { models: [{ repo: 'x' }], http: { port: 'x' }, webhooks: { certificates: 'none', prt: 1 } };
    expect(() => operatorConfig(wrong, 'test'))
      .to.throw(/models\[0\]\.repo is not a setting/)
      .with.property('message')
      .that.matches(/webhooks\.prt is not a setting/)
      .and.matches(/models\[0\]\.config is required/)
      .and.matches(/http\.port: "x" is invalid: must be a whole number/)
      .and.matches(/webhooks\.certificates: "none" is not supported: must be one of "self-signed", "files"/);
  });

  it('fills in the settings below a setting', () => {
    const { webhooks, http } = operatorConfig({ webhooks: { enabled: true } }, 'test');
    expect(webhooks).to.include({ enabled: true, port: 9443, certificates: 'self-signed' });
    expect(http.port).to.equal(8080);
  });

  it('has the same deadlines as the engine that keeps them', () => {
    const known = Object.keys(schemaOf(OperatorConfig).properties?.leases?.properties ?? {}).sort();
    expect(known).to.deep.equal([...Object.keys(defaultLeasePolicy), 'usdPerHour'].sort());
  });

  for (const [title, instanceTypes, message] of [
    ['is no map', ['T4'], /instanceTypes\[0\]: "T4" is invalid: must be an object/],
    [
      'has a mistyped figure',
      [{ name: 'x', gpu: { memoryGib: 4 } }],
      /instanceTypes\[0\]\.gpu\.memoryGib is not a setting; did you mean instanceTypes\[0\]\.gpu\.memoryGiB\?/,
    ],
    ['has a price of nothing', [{ name: 'x', price: { usdPerHour: 0 } }], /instanceTypes\[0\]\.price\.usdPerHour: /],
    [
      'is new and lacks figures',
      [{ name: 'x' }],
      /instanceTypes: x is in no catalog, so its gpu\.model and gpu\.memoryGiB/,
    ],
  ] as const) {
    it(`refuses an instance type that ${title}, by its field`, async () => {
      const error = await machines(instanceTypes).catch((one: Error) => one);
      expect(String(error)).to.match(message);
    });
  }

  it('takes the policy of the planner by its name, and no other', async () => {
    expect((await planning({ planner: 'kaito' })).policy).to.equal('kaito');
    expect((await planning()).policy).to.equal('exact');
    expect(() => operatorConfig({ planner: 'guess' }, 'test')).to.throw(
      /planner: "guess" is not supported: must be one of "exact", "kaito"/,
    );
  });

  describe('of models by their own config.json', () => {
    let folder: string;
    before(async () => {
      folder = await mkdtemp(join(tmpdir(), 'kaito-models-'));
      const published = { num_hidden_layers: 32, hidden_size: 4096, num_attention_heads: 32, num_key_value_heads: 8 };
      const text = JSON.stringify({
        ...published,
        vocab_size: 32_768,
        intermediate_size: 14_336,
        sliding_window: null,
      });
      await writeFile(join(folder, 'good.json'), text.replace(/}$/, ', "rope_theta": Infinity}'));
      await writeFile(join(folder, 'empty.json'), '{}');
      await writeFile(join(folder, 'broken.json'), '{');
    });
    after(() => rm(folder, { recursive: true }));

    const pack = (more: object) =>
      hubModels([{ name: 'mine', repository: 'org/Mine', config: './good.json', ...more }], join(folder, 'kaito.yaml'));

    it('makes presets, read beside the configuration', async () => {
      const [preset] = (await pack({ licence: 'Apache-2.0' })).models;
      expect(preset?.name).to.equal('mine');
      expect(preset?.model).to.include({ layers: 32, kvHeads: 8, contextLength: 2048 });
      expect(preset?.licence.spdx).to.equal('Apache-2.0');
    });

    for (const [title, more, message] of [
      ['a file that is not there', { config: 'none.json' }, /models: mine: none\.json: ENOENT/],
      ['a file that is no JSON', { config: 'broken.json' }, /models: mine: broken\.json: /],
      [
        'a file that says nothing',
        { config: 'empty.json' },
        /models: mine: empty\.json: it does not say num_hidden_layers/,
      ],
      [
        'a branch for a revision',
        { revision: 'main' },
        /models\[0\] \(mine\)\.weights\.revision: revision must be a commit/,
      ],
    ] as const) {
      it(`refuses ${title}, by its name`, async () => {
        const error = await pack(more).catch((one: Error) => one);
        expect(String(error)).to.match(message);
      });
    }
  });

  describe('in a file', () => {
    let folder: string;
    before(async () => {
      folder = await mkdtemp(join(tmpdir(), 'kaito-config-'));
    });
    after(() => rm(folder, { recursive: true }));

    const read = async (text: string) => {
      const file = join(folder, 'config.yaml');
      await writeFile(file, text);
      return readConfig(file);
    };

    it('is YAML, and an empty file means the defaults', async () => {
      expect((await read('region: westeurope')).region).to.equal('westeurope');
      expect((await read('# nothing\n')).leaderElection).to.equal(true);
    });

    it('takes deadlines and limits of nodes, and refuses those that do not exist', async () => {
      expect((await read('leases: { joinMs: 60000, usdPerHour: 5 }')).leases).to.deep.equal({
        joinMs: 60_000,
        usdPerHour: 5,
      });
      const wrong = await read('leases: { joinMinutes: 1, launchMs: -1 }').catch((error: Error) => error);
      expect(String(wrong)).to.match(
        /leases\.joinMinutes is not a setting.*leases\.launchMs: -1 is invalid: must be more than 0/,
      );
    });

    it('names the file when it cannot be read or parsed', async () => {
      const missing = await readConfig(join(folder, 'none.yaml')).catch((error: Error) => error);
      expect(String(missing)).to.match(/cannot read the configuration .*none\.yaml/);
      const broken = await read('plugins: [').catch((error: Error) => error);
      expect(String(broken)).to.match(/config\.yaml is not valid/);
    });
  });
});
