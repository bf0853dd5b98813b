import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect as dial, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  connect,
  KaitoError,
  NAMESPACES,
  namespaceOf,
  RestClient,
  serverAccess,
  systemClock,
  type Transport,
} from '@kaito-sdk/core/engine';
import { ApiServer, type Listening } from '@kaito-sdk/devcluster';
import { expect } from 'chai';

describe('a kubeconfig', () => {
  let server: ApiServer;
  let listening: Listening;
  let folder: string;
  let transport: Transport | undefined;

  beforeEach(async () => {
    server = new ApiServer();
    listening = await server.listen();
    folder = await mkdtemp(join(tmpdir(), 'kubeconfig-'));
  });
  afterEach(async () => {
    await transport?.close?.();
    transport = undefined;
    await server.stop();
    await rm(folder, { recursive: true });
  });

  /** A kubeconfig for the server, with this user and this about the cluster. */
  async function written(user: object, cluster: object = {}): Promise<string> {
    const path = join(folder, 'config.json');
    const ca = Buffer.from(listening.caPem).toString('base64');
    const config = {
      apiVersion: 'v1',
      kind: 'Config',
      'current-context': 'c',
      clusters: [{ name: 'c', cluster: { server: listening.url, 'certificate-authority-data': ca, ...cluster } }],
      users: [{ name: 'u', user }],
      contexts: [{ name: 'c', context: { cluster: 'c', user: 'u' } }],
    };
    await writeFile(path, JSON.stringify(config));
    return path;
  }

  async function names(kubeconfig: string): Promise<string[]> {
    transport = await connect({ clock: systemClock, kubeconfig });
    const client = new RestClient({ transport, clock: systemClock, random: () => 0 });
    return (await client.list(NAMESPACES)).items.map(({ metadata }) => metadata.name);
  }

  it('that is not there, or is no kubeconfig, is named in one sentence with the way out', async () => {
    const broken = join(folder, 'broken');
    await writeFile(broken, '{');
    for (const kubeconfig of [join(folder, 'nowhere'), broken]) {
      const refused: Error = await connect({ clock: systemClock, kubeconfig }).then(
        () => new Error('it connected'),
        (error: Error) => error,
      );
      expect(refused.message).to.match(/^the kubeconfig .* cannot be used: .*--kubeconfig or KUBECONFIG/s);
      expect(refused.message).to.contain(kubeconfig);
    }
  });

  it('is asked for where nothing says which cluster is meant, and none is made up', async () => {
    const home = process.env.HOME;
    const named = process.env.KUBECONFIG;
    process.env.HOME = folder;
    delete process.env.KUBECONFIG;
    try {
      const refused = await connect({ clock: systemClock, environment: {} }).catch((error: Error) => error);
      expect(KaitoError.is(refused) && refused.code === 'KUBECONFIG_MISSING').to.equal(true);
    } finally {
      process.env.HOME = home;
      if (named !== undefined) process.env.KUBECONFIG = named;
    }
  });

  it('has the contexts that a refusal of another one lists', async () => {
    const kubeconfig = await written({ token: listening.token });
    const refused = await connect({ clock: systemClock, kubeconfig, context: 'd' }).catch((error: Error) => error);
    expect(KaitoError.is(refused) && [refused.code, refused.message].join(' ')).to.match(
      /^CONTEXT_UNKNOWN the kubeconfig has no context 'd' with a cluster; it has c\. Name one with --context/,
    );
  });

  it('says in which namespace its context is, which is default where it says nothing', async () => {
    const kubeconfig = await written({ token: listening.token });
    expect(await namespaceOf({ kubeconfig })).to.equal('default');
    const text = await readFile(kubeconfig, 'utf8');
    const elsewhere = JSON.parse(text);
    elsewhere.contexts[0].context.namespace = 'team-a';
    await writeFile(kubeconfig, JSON.stringify(elsewhere));
    expect(await namespaceOf({ kubeconfig })).to.equal('team-a');
  });

  it('may name a program that gives the token, which is run once for many requests', async () => {
    const runs = join(folder, 'runs');
    const script = join(folder, 'credential.mjs');
    const credential = {
      apiVersion: 'client.authentication.k8s.io/v1',
      kind: 'ExecCredential',
      status: { token: listening.token, expirationTimestamp: new Date(Date.now() + 3_600_000).toISOString() },
    };
    await writeFile(
      script,
      `import { appendFileSync } from 'node:fs';
       appendFileSync(${JSON.stringify(runs)}, 'x');
       process.stdout.write(${JSON.stringify(JSON.stringify(credential))});`,
    );
    const exec = { apiVersion: 'client.authentication.k8s.io/v1', command: process.execPath, args: [script] };
    const kubeconfig = await written({ exec: { ...exec, interactiveMode: 'Never' } });
    expect(await names(kubeconfig)).to.include('default');
    for (let i = 0; i < 5; i++) await transport?.request({ method: 'GET', path: '/version' });
    expect(await readFile(runs, 'utf8')).to.equal('x');
    expect((await (await serverAccess({ kubeconfig })).credentials(false)).headers.authorization).to.equal(
      `Bearer ${listening.token}`,
    );
  });

  it('may name the server that the certificate is for, where the address says something else', async () => {
    const user = { token: listening.token };
    expect(await names(await written(user, { 'tls-server-name': 'kubernetes.default.svc' }))).to.include('default');
    await transport?.close?.();
    const kubeconfig = await written(user, { 'tls-server-name': 'other.example' });
    transport = await connect({ clock: systemClock, kubeconfig });
    expect(await transport.request({ method: 'GET', path: '/version' }).catch(String)).to.match(/other\.example/);
  });

  it('may name a proxy, through which every request goes, over few connections', async () => {
    const tunnels: string[] = [];
    const open = new Set<Socket>();
    const proxy: Server = createServer();
    proxy.on('connect', (request, socket: Socket) => {
      tunnels.push(request.url ?? '');
      const [host = '', port = ''] = (request.url ?? '').split(':');
      const upstream = dial(Number(port), host, () => {
        socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
        upstream.pipe(socket).pipe(upstream);
      });
      for (const end of [socket, upstream]) {
        open.add(end);
        end.on('error', () => undefined);
      }
    });
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    const { port } = proxy.address() as AddressInfo;
    try {
      const kubeconfig = await written({ token: listening.token }, { 'proxy-url': `http://127.0.0.1:${port}` });
      expect(await names(kubeconfig)).to.include('default');
      for (let i = 0; i < 5; i++) {
        const { body } = (await transport?.request({ method: 'GET', path: '/version' })) ?? { body: [] };
        for await (const _ of body);
      }
      expect(tunnels).to.deep.equal([new URL(listening.url).host]);
    } finally {
      for (const socket of open) socket.destroy();
      await new Promise((resolve) => proxy.close(resolve));
    }
  });
});
