import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  DEPLOYMENTS,
  type KubeObject,
  kindOf,
  type ResourceKind,
  RestClient,
  registerKind,
  systemClock,
  WatchCache,
} from '@kaito-sdk/core';
import { DevCluster } from '@kaito-sdk/devcluster';
import { expect } from 'chai';
import { ValidationSeverity, validate } from 'dockerfile-utils';
import { parseAllDocuments } from 'yaml';
import { scaffold } from '../../packages/operator/dist/scaffold.js';
import { said } from '../dist/command.js';
import { instructionsOf } from '../dist/dockerfile.js';
import { type ImageLayout, layOutImage } from '../dist/image-layout.js';
import { sizeOf } from '../dist/install-tree.js';
import { npmrcWith, ServedPackages } from '../dist/served-packages.js';
import { ROOT } from '../dist/workspaces.js';

const GREETINGS = registerKind({
  group: 'greeter.example.com',
  version: 'v1',
  kind: 'Greeting',
  plural: 'greetings',
  namespaced: true,
});

interface Container {
  readonly env: readonly { readonly name: string; readonly value?: string }[];
  readonly livenessProbe: { readonly httpGet: { readonly path: string } };
  readonly readinessProbe: { readonly httpGet: { readonly path: string } };
}

/** No container engine is at hand: the steps of the file are run in folders, and what starts there is what would start in the image. */
describe('an operator as kaito create makes it, deployed', () => {
  let folder: string;
  let project: string;
  let served: ServedPackages;
  let image: ImageLayout;
  let cluster: DevCluster;
  let client: RestClient;
  let cache: WatchCache;
  const running: ChildProcess[] = [];

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'kaito-deployable-'));
    project = join(folder, 'greeter');
    scaffold('operator', '@acme/greeter', project);
    served = await ServedPackages.start();
    const userconfig = join(folder, 'npmrc');
    writeFileSync(userconfig, npmrcWith(served.setting, 'prefer-offline=true', 'ignore-scripts=true', 'audit=false'));
    await said('npm', ['install', '--userconfig', userconfig], project);
    image = await layOutImage(project, folder, { npm_config_userconfig: userconfig });
    cluster = await DevCluster.start({ nodes: [{ name: 'node-1' }] });
    const parts = { transport: cluster.transport, clock: systemClock, random: Math.random };
    client = new RestClient({ ...parts, fieldManager: 'test' });
    cache = new WatchCache(parts);
  });
  after(async () => {
    for (const child of running) child.kill('SIGKILL');
    cache?.stop();
    await cluster?.stop();
    await served?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const file = () => join(project, 'Containerfile');
  const manifests = (): readonly KubeObject[] =>
    ['deploy/operator.yaml', 'deploy/role.yaml', 'deploy/crd.json', 'example.yaml'].flatMap((name) =>
      parseAllDocuments(readFileSync(join(project, name), 'utf8')).map((one) => one.toJS() as KubeObject),
    );
  const container = (): Container => {
    const { spec } = manifests().find(({ kind }) => kind === 'Deployment') as unknown as {
      readonly spec: { readonly template: { readonly spec: { readonly containers: readonly [Container] } } };
    };
    return spec.template.spec.containers[0];
  };

  /** Resolves when an object of the kind is so, now or later. */
  const until = (resource: ResourceKind, reached: (live: KubeObject) => boolean): Promise<void> =>
    new Promise((resolve) => {
      cache.informer(resource).subscribe(({ object }) => {
        if (reached(object)) resolve();
      });
    });

  it('has a Containerfile that a linter passes', () => {
    const problems = validate(readFileSync(file(), 'utf8'), { deprecatedMaintainer: ValidationSeverity.ERROR });
    expect(problems.map(({ message, range }) => `line ${range.start.line + 1}: ${message}`)).to.deep.equal([]);
  });

  it('has an image with the base, the user and the words of Node that the operator of this SDK has', () => {
    const own = readFileSync(join(ROOT, 'packages/operator/image/Containerfile'), 'utf8');
    const from = instructionsOf(file()).flatMap(({ word, rest }) => (word === 'FROM' ? [rest.split(' ')[0]] : []));
    expect(from).to.deep.equal([...own.matchAll(/^ARG \w+_IMAGE=(.+)$/gm)].map(([, name]) => name));
    const entry = JSON.parse(/^ENTRYPOINT (.+)$/m.exec(own)?.[1] ?? '') as string[];
    expect(image.entrypoint.slice(0, -1)).to.deep.equal(entry.slice(0, -1));
    expect(image.user).to.equal('65532:65532');
    expect(own).to.include(`USER ${image.user}`);
    const last = instructionsOf(file()).toReversed();
    expect(
      last
        .slice(
          0,
          last.findIndex(({ word }) => word === 'FROM'),
        )
        .map(({ word }) => word),
    ).not.to.include('RUN');
  });

  it('has an image that holds nothing that only a build or a test needs', () => {
    const app = join(image.root, image.workdir);
    expect(readdirSync(app).sort()).to.deep.equal(['dist', 'node_modules', 'package.json']);
    // What npm takes away leaves the folders of scopes behind.
    const there = ['typescript', 'mocha', '@types/mocha', 'yaml', '@kaito-sdk/devcluster', '@kaito-sdk/core'].filter(
      (name) => existsSync(join(app, 'node_modules', name)),
    );
    expect(there).to.deep.equal(['@kaito-sdk/core']);
    expect(sizeOf(app)).to.be.lessThan(150e6);
  });

  it('is taken by a cluster, where its Deployment becomes available', async () => {
    for (const manifest of manifests()) {
      if (manifest.kind !== 'Greeting') await client.apply(kindOf(manifest), manifest, { fieldManager: 'test' });
    }
    await until(DEPLOYMENTS, ({ status }) => (status as { availableReplicas?: number })?.availableReplicas === 1);
  });

  it('makes its object ready there by what the image starts, answers its probes, and ends when it is told to', async () => {
    const greeting = manifests().find(({ kind }) => kind === 'Greeting') as KubeObject;
    await client.create(GREETINGS, greeting);
    const kubeconfig = join(folder, 'kubeconfig');
    writeFileSync(kubeconfig, (await cluster.listen()).kubeconfig(), { mode: 0o600 });
    const { env, livenessProbe, readinessProbe } = container();
    expect(env.map(({ name }) => name)).to.deep.equal(['POD_NAMESPACE', 'HEALTH_PORT']);
    const [, ...words] = image.entrypoint;
    const child = spawn(process.execPath, words, {
      cwd: join(image.root, image.workdir),
      env: { ...image.env, KUBECONFIG: kubeconfig, POD_NAMESPACE: 'greeter', HEALTH_PORT: '0' },
      stdio: ['ignore', 'inherit', 'pipe'],
    });
    running.push(child);
    const ended = once(child, 'close');
    let log = '';
    const port = await new Promise<string>((resolve, reject) => {
      child.stderr.setEncoding('utf8').on('data', (text) => {
        log += text;
        const [, found] = /serving health and metrics port=(\d+)\n/.exec(log) ?? [];
        if (found !== undefined && /started/.test(log)) resolve(found);
      });
      void ended.then(() => reject(new Error(`it ended:\n${log}`)));
    });
    await until(GREETINGS, ({ status }) => (status as { text?: string })?.text === 'Hello, Ada!');
    for (const { httpGet } of [livenessProbe, readinessProbe]) {
      const { status } = await fetch(`http://127.0.0.1:${port}${httpGet.path}`);
      expect([httpGet.path, status]).to.deep.equal([httpGet.path, 200]);
    }
    child.kill('SIGTERM');
    expect(await ended, log).to.deep.equal([0, null]);
  });
});
