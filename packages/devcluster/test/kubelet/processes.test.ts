import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type DevCluster, kinds } from '@kaito-sdk/devcluster';
import { expect } from 'chai';
import {
  gone,
  httpServer,
  isReady,
  nodeImage,
  patient,
  refusing,
  scripted,
  startReal,
  textOf,
  untilPod,
} from '../support/programs.js';

describe('pods as local processes', function () {
  this.slow(2_000);
  let cluster: DevCluster;
  afterEach(() => cluster.stop());

  const create = (pod: object) => cluster.client.create(kinds.pods, pod as never);
  const log = async (pod: string, follow = true) => textOf(await logOf(pod, follow));
  const logOf = async (pod: string, follow: boolean) => {
    const response = await cluster.transport.request({
      method: 'GET',
      path: `/api/v1/namespaces/default/pods/${pod}/log?container=main&follow=${follow}`,
    });
    expect(response.status).to.equal(200);
    return response.body;
  };
  const exit = (name: string) =>
    untilPod(cluster, name, (pod) => pod?.status?.phase === 'Succeeded' || pod?.status?.phase === 'Failed');

  it('serve on the port that stands for theirs, reached through the API server', async () => {
    cluster = await startReal();
    await create(scripted('a', httpServer, { readinessProbe: { httpGet: { path: '/', port: 5000 } } }));
    await untilPod(cluster, 'a', isReady);
    const response = await cluster.transport.request({
      method: 'GET',
      path: '/api/v1/namespaces/default/pods/a:5000/proxy/',
    });
    expect(response.status).to.equal(200);
    expect(await textOf(response.body)).to.match(/^\d+$/);
  });

  it('are behind the Service of their labels, and a local port leads there', async () => {
    cluster = await startReal();
    await create(scripted('a', httpServer, { readinessProbe: { httpGet: { path: '/', port: 5000 } } }));
    await cluster.client.create(kinds.services, {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'web', namespace: 'default' },
      spec: { selector: { app: 'web' }, ports: [{ port: 80, targetPort: 5000 }] },
    });
    await untilPod(cluster, 'a', isReady);
    const { host, port, close } = await cluster.portForward('default', 'web', 80);
    const answer = await fetch(`http://${host}:${port}/`);
    expect(answer.status).to.equal(200);
    expect(await answer.text()).to.match(/^\d+$/);
    await close();
    const refused = await fetch(`http://${host}:${port}/`).then(
      () => false,
      () => true,
    );
    expect(refused).to.equal(true);
  });

  it('do not answer through a Service that has no such port', async () => {
    cluster = await startReal();
    await cluster.client.create(kinds.services, {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'web', namespace: 'default' },
      spec: { selector: { app: 'web' }, ports: [{ name: 'http', port: 80 }] },
    });
    await cluster.settled();
    const message = await cluster.portForward('default', 'web', 8080).catch((error: Error) => error.message);
    expect(message).to.equal('Service default/web has no port 8080; its ports are: 80 (http)');
  });

  it('become ready when their probe says so, and not before', async () => {
    cluster = await startReal();
    const slow = `setTimeout(() => { ${httpServer} }, 300);`;
    await create(
      scripted('a', slow, {
        readinessProbe: { httpGet: { path: '/', port: 5000 }, initialDelaySeconds: 30, periodSeconds: 10 },
      }),
    );
    const running = await untilPod(cluster, 'a', (pod) => pod?.status?.phase === 'Running');
    expect(isReady(running)).to.equal(false);
    const ready = await untilPod(cluster, 'a', isReady);
    const { events } = await said('a');
    expect(events).to.include(
      `Unhealthy: Readiness probe failed: Get "http://${ready!.status!.podIP}:5000/": dial tcp ${ready!.status!.podIP}:5000: connect: connection refused`,
    );
  });

  it('lose and regain their readiness with their probe', async () => {
    cluster = await startReal();
    const probe = { readinessProbe: { httpGet: { path: '/', port: 5000 }, failureThreshold: 1 } };
    const state = { volumeMounts: [{ name: 'state', mountPath: '/state' }] };
    await create(
      scripted(
        'a',
        `console.log(process.env.MOUNTS); ${httpServer}`,
        { ...probe, ...state },
        { volumes: [{ name: 'state', emptyDir: {} }] },
      ),
    );
    await untilPod(cluster, 'a', isReady);
    const [mounts] = (await log('a', false)).split('\n');
    const down = join(JSON.parse(mounts!)['/state'], 'down');
    writeFileSync(down, '');
    await untilPod(cluster, 'a', (pod) => !isReady(pod));
    rmSync(down);
    await untilPod(cluster, 'a', isReady);
    expect((await said('a')).events).to.include(
      'Unhealthy: Readiness probe failed: HTTP probe failed with statuscode: 503',
    );
  });

  it('are restarted by a failing liveness probe', async () => {
    cluster = await startReal();
    const livenessProbe = {
      exec: { command: ['process.exit(1)'] },
      periodSeconds: 1,
      failureThreshold: 1,
      timeoutSeconds: 5,
    };
    await create(scripted('a', patient, { livenessProbe }));
    await untilPod(cluster, 'a', (pod) => (pod?.status?.containerStatuses?.[0]?.restartCount ?? 0) > 0);
    expect((await said('a')).events).to.include('Killing: Container main failed liveness probe, will be restarted');
  });

  it('hold their readiness and liveness back until startup has succeeded', async () => {
    cluster = await startReal();
    const slow = `setTimeout(() => { ${httpServer} }, 300);`;
    const probe = { httpGet: { path: '/', port: 5000 } };
    await create(
      scripted('a', slow, {
        startupProbe: { ...probe, failureThreshold: 60 },
        livenessProbe: { ...probe, failureThreshold: 1, periodSeconds: 1 },
      }),
    );
    const ready = await untilPod(cluster, 'a', isReady);
    expect(ready!.status!.containerStatuses![0]).to.include({ started: true, restartCount: 0 });
  });

  it('can be probed by TCP', async () => {
    cluster = await startReal();
    await create(scripted('a', httpServer, { readinessProbe: { tcpSocket: { port: 5000 } } }));
    await untilPod(cluster, 'a', isReady);
  });

  /** A gRPC server that serves `model` and nothing else; what it says without trailers comes when it knows no health at all. */
  const health = (known = true) => `
    const http2 = require('http2');
    http2.createServer().on('stream', (stream) => {
      const pieces = [];
      stream.on('data', (piece) => pieces.push(piece)).on('end', () => {
        if (!${known}) return stream.respond({ ':status': 200, 'grpc-status': '12', 'grpc-message': 'unknown' }, { endStream: true });
        const asked = Buffer.concat(pieces).subarray(7).toString();
        stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
        stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
        stream.end(Buffer.from([0, 0, 0, 0, 2, 8, asked === 'model' ? 1 : 2]));
      });
    }).listen(Number(process.env.PORT), '127.0.0.1');
    process.stdin.resume().on('end', () => process.exit());
  `;
  const warned = (pod: string): Promise<string> =>
    new Promise((resolve) => {
      const stop = cluster.client.watch(kinds.events, {}, ({ object }) => {
        const { involvedObject, reason, message } = object as never as Record<string, string & { name: string }>;
        // Before it listens it is refused, which is true and not what is asked here.
        if (involvedObject?.name !== pod || reason !== 'Unhealthy' || message?.includes('failed to connect')) return;
        setImmediate(() => stop());
        resolve(message ?? '');
      });
    });

  it('can be probed by gRPC, by the name of a service', async () => {
    cluster = await startReal();
    const readinessProbe = { grpc: { port: 5000, service: 'model' }, periodSeconds: 1 };
    await create(scripted('a', health(), { readinessProbe }));
    await untilPod(cluster, 'a', isReady);
    await create(scripted('b', health(), { readinessProbe: { grpc: { port: 5000 } } }));
    expect(await warned('b')).to.equal('Readiness probe failed: service unhealthy (responded with "NOT_SERVING")');
    await create(scripted('c', health(false), { readinessProbe }));
    expect(await warned('c')).to.equal(
      'Readiness probe failed: this server does not implement the grpc health protocol (grpc.health.v1.Health): unknown',
    );
  });

  it('see what an image holds that is mounted as a volume, read-only, and wait for one that nobody has', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'image-'));
    try {
      writeFileSync(join(folder, 'weights'), 'w');
      const model = {
        match: (image: string) => image === 'example.dev/model:1',
        start: () => ({ refuse: 'start', message: 'no command' }) as const,
        files: () => folder,
      };
      cluster = await startReal({ images: [nodeImage, model] });
      const code = `console.log(require('fs').readFileSync(JSON.parse(process.env.MOUNTS)['/model'] + '/weights', 'utf8'))`;
      const volumeMounts = [{ name: 'model', mountPath: '/model' }];
      const spec = (reference: string) => ({
        restartPolicy: 'Never',
        volumes: [{ name: 'model', image: { reference } }],
      });
      await create(scripted('a', code, { volumeMounts }, spec('example.dev/model:1')));
      await exit('a');
      expect(await log('a')).to.equal('w\n');
      await create(scripted('b', code, { volumeMounts }, spec('example.dev/none:1')));
      const said = await new Promise<string>((resolve) => {
        const stop = cluster.client.watch(kinds.events, {}, ({ object }) => {
          if (object.reason !== 'FailedMount') return;
          setImmediate(() => stop());
          resolve(String(object.message));
        });
      });
      expect(said).to.contain('example.dev/none:1');
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it('see what becomes of a ConfigMap that they mount, while they run', async () => {
    cluster = await startReal();
    const metadata = { name: 'settings', namespace: 'default' };
    await cluster.client.create(kinds.configMaps, {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata,
      data: { color: 'green', size: 'L' },
    });
    // Ends once the new colour is there and the size is gone.
    const code = `
      const fs = require('fs'), folder = JSON.parse(process.env.MOUNTS)['/settings'];
      console.log(fs.readFileSync(folder + '/color', 'utf8'));
      const look = () => {
        const color = fs.readFileSync(folder + '/color', 'utf8');
        if (color === 'green' || fs.existsSync(folder + '/size')) return setTimeout(look, 5);
        console.log(color);
      };
      look();`;
    const volumeMounts = [{ name: 'settings', mountPath: '/settings' }];
    const volumes = [{ name: 'settings', configMap: { name: 'settings' } }];
    await create(scripted('a', code, { volumeMounts }, { restartPolicy: 'Never', volumes }));
    await untilPod(cluster, 'a', (pod) => pod?.status?.phase === 'Running');
    let said = '';
    for await (const piece of await logOf('a', true)) {
      if (said === '')
        await cluster.client.merge(kinds.configMaps, 'default', 'settings', { data: { color: 'blue', size: null } });
      said += piece;
    }
    expect(said).to.equal('green\nblue\n');
  });

  it('get a token of their service account with which the API server knows them', async () => {
    cluster = await startReal();
    const code = `console.log(require('fs').readFileSync(JSON.parse(process.env.MOUNTS)['/token'] + '/token', 'utf8'))`;
    const spec = {
      restartPolicy: 'Never',
      volumes: [{ name: 'token', projected: { sources: [{ serviceAccountToken: { path: 'token' } }] } }],
    };
    await create(scripted('a', code, { volumeMounts: [{ name: 'token', mountPath: '/token' }] }, spec));
    await exit('a');
    const { body } = await cluster.transport.request({
      method: 'POST',
      path: '/apis/authentication.k8s.io/v1/selfsubjectreviews',
      headers: { authorization: `Bearer ${(await log('a')).trim()}` },
      body: '{"apiVersion":"authentication.k8s.io/v1","kind":"SelfSubjectReview"}',
    });
    const { status } = JSON.parse(await textOf(body));
    expect(status.userInfo.username).to.equal('system:serviceaccount:default:default');
  });

  it('leave their exit code and their last words', async () => {
    cluster = await startReal();
    await create(
      scripted('a', `console.log('doing'); console.error('oh no'); process.exit(42)`, {}, { restartPolicy: 'Never' }),
    );
    const pod = await exit('a');
    expect(pod!.status!.containerStatuses![0]!.state.terminated).to.include({ exitCode: 42, reason: 'Error' });
    expect((await log('a')).split('\n').sort()).to.deep.equal(['', 'doing', 'oh no']);
  });

  it('may write their last words into the file that is mounted for that, whether they fail or not', async () => {
    cluster = await startReal();
    const write = (path: string, code: number) =>
      `require('fs').writeFileSync(JSON.parse(process.env.MOUNTS)['${path}'], 'digest sha256:1'); process.exit(${code})`;
    await create(scripted('a', write('/dev/termination-log', 0), {}, { restartPolicy: 'Never' }));
    await create(
      scripted('b', write('/tmp/words', 1), { terminationMessagePath: '/tmp/words' }, { restartPolicy: 'Never' }),
    );
    for (const name of ['a', 'b']) {
      const pod = await exit(name);
      expect(pod!.status!.containerStatuses![0]!.state.terminated).to.include({ message: 'digest sha256:1' });
    }
  });

  it('have the end of their log for last words, if they fail, wrote none, and asked for that', async () => {
    cluster = await startReal();
    const talk = (code: number) => `console.error('x'.repeat(3000)); console.error('oh no'); process.exit(${code})`;
    const fallback = { terminationMessagePolicy: 'FallbackToLogsOnError' };
    await create(scripted('a', talk(1), fallback, { restartPolicy: 'Never' }));
    await create(scripted('b', talk(0), fallback, { restartPolicy: 'Never' }));
    await create(scripted('c', talk(1), {}, { restartPolicy: 'Never' }));
    const words = async (name: string) => (await exit(name))!.status!.containerStatuses![0]!.state.terminated!.message;
    expect(await words('a'))
      .to.have.length(2048)
      .and.match(/^x+\noh no\n$/);
    expect(await words('b')).to.equal(undefined);
    expect(await words('c')).to.equal(undefined);
  });

  it('can be followed while they talk', async () => {
    cluster = await startReal();
    const talk = `let n = 0; const t = setInterval(() => { console.log('line ' + ++n); if (n === 3) clearInterval(t); }, 20);`;
    await create(scripted('a', talk, {}, { restartPolicy: 'Never' }));
    await untilPod(
      cluster,
      'a',
      (pod) => pod?.status?.phase !== 'Pending' && pod?.status?.containerStatuses?.[0]?.state.waiting === undefined,
    );
    expect(await log('a')).to.equal('line 1\nline 2\nline 3\n');
  });

  it('see their ConfigMap, Secret and environment', async () => {
    cluster = await startReal();
    await cluster.client.create(kinds.configMaps, {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'c', namespace: 'default' },
      data: { 'config.yaml': 'a: 1\n' },
    });
    await cluster.client.create(kinds.secrets, {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 's', namespace: 'default' },
      data: { token: 'czNjcmV0' },
    });
    const show = `
      const fs = require('fs'), mounts = JSON.parse(process.env.MOUNTS);
      console.log(JSON.stringify([fs.readFileSync(mounts['/mnt/config'] + '/config.yaml', 'utf8'), process.env.TOKEN, process.env.ME]));`;
    await create(
      scripted(
        'a',
        show,
        {
          volumeMounts: [{ name: 'config', mountPath: '/mnt/config' }],
          env: [
            { name: 'TOKEN', valueFrom: { secretKeyRef: { name: 's', key: 'token' } } },
            { name: 'ME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
          ],
        },
        { restartPolicy: 'Never', volumes: [{ name: 'config', configMap: { name: 'c' } }] },
      ),
    );
    await exit('a');
    expect(JSON.parse(await log('a'))).to.deep.equal(['a: 1\n', 's3cret', 'a']);
  });

  it('share an emptyDir between their containers, and its files go with the pod', async () => {
    cluster = await startReal();
    const mount = { volumeMounts: [{ name: 'share', mountPath: '/share' }] };
    const write = `const dir = JSON.parse(process.env.MOUNTS)['/share']; require('fs').writeFileSync(dir + '/x', 'hello');`;
    const read = `const dir = JSON.parse(process.env.MOUNTS)['/share']; console.log(dir); console.log(require('fs').readFileSync(dir + '/x', 'utf8'));`;
    await create(
      scripted('a', read, mount, {
        restartPolicy: 'Never',
        initContainers: [{ name: 'init', image: 'node', args: [write], ...mount }],
        volumes: [{ name: 'share', emptyDir: {} }],
      }),
    );
    await exit('a');
    const [dir, content] = (await log('a')).split('\n');
    expect(content).to.equal('hello');
    expect(existsSync(dir!)).to.equal(true);
    await cluster.client.delete(kinds.pods, 'default', 'a');
    await untilPod(cluster, 'a', (pod) => pod === undefined);
    while (existsSync(dir!)) await new Promise((resolve) => setTimeout(resolve, 10));
  });

  it('get nothing of this machine into their environment but what is needed to run', async () => {
    process.env.DEVCLUSTER_TEST_SECRET = 'do not leak';
    cluster = await startReal();
    await create(
      scripted(
        'a',
        `console.log(Object.keys(process.env).includes('DEVCLUSTER_TEST_SECRET'))`,
        {},
        { restartPolicy: 'Never' },
      ),
    );
    await exit('a');
    expect(await log('a')).to.equal('false\n');
    delete process.env.DEVCLUSTER_TEST_SECRET;
  });

  it('get SIGTERM and time to finish', async () => {
    cluster = await startReal();
    const polite = `process.on('SIGTERM', () => setTimeout(() => { console.log('bye'); process.exit(0); }, 50)); setInterval(() => {}, 1000); console.log('up');`;
    await create(scripted('a', polite, {}, { terminationGracePeriodSeconds: 20 }));
    await untilPod(cluster, 'a', isReady);
    const talk = log('a');
    await firstLine('a');
    await cluster.client.delete(kinds.pods, 'default', 'a');
    expect(await talk).to.equal('up\nbye\n');
    await untilPod(cluster, 'a', (pod) => pod === undefined);
  });

  it('are killed when the grace period is over, with all that they started', async () => {
    cluster = await startReal();
    const stubborn = `
      process.on('SIGTERM', () => {});
      const child = require('child_process').spawn(process.execPath, ['-e', "process.on('SIGTERM', () => {}); setInterval(() => {}, 1000)"], { stdio: 'ignore' });
      console.log(process.pid + ' ' + child.pid);
      setInterval(() => {}, 1000);`;
    await create(scripted('a', stubborn, {}, { terminationGracePeriodSeconds: 1 }));
    const [own, child] = (await firstLine('a')).split(' ').map(Number);
    await cluster.client.delete(kinds.pods, 'default', 'a');
    await untilPod(cluster, 'a', (pod) => pod === undefined);
    await gone(own!);
    await gone(child!);
  });

  it('crash with CrashLoopBackOff and keep the log of the last run', async () => {
    cluster = await startReal();
    await create(scripted('a', `console.log('boom'); process.exit(1)`));
    const pod = await untilPod(
      cluster,
      'a',
      (seen) => seen?.status?.containerStatuses?.[0]?.state.waiting?.reason === 'CrashLoopBackOff',
    );
    expect(pod!.status!.containerStatuses![0]).to.include({ restartCount: 1 });
    expect(pod!.status!.containerStatuses![0]!.lastState.terminated).to.include({ exitCode: 1 });
    expect(await log('a')).to.equal('boom\n');
  });

  it('stay unpulled for an image that no program stands for', async () => {
    cluster = await startReal();
    await create(scripted('a', '', { image: 'nginx' }));
    const pod = await untilPod(
      cluster,
      'a',
      (seen) => seen?.status?.containerStatuses?.[0]?.state.waiting?.reason === 'ErrImagePull',
    );
    expect(pod!.status!.containerStatuses![0]!.state.waiting!.message).to.include(
      'docker.io/library/nginx:latest: not found',
    );
  });

  it('fail as their program says that they would', async () => {
    cluster = await startReal({
      images: [nodeImage, refusing({ refuse: 'exit', code: 2, message: 'error: unrecognized arguments: --bogus' })],
    });
    await create(scripted('a', '', { image: 'strict' }, { restartPolicy: 'Never' }));
    const pod = await exit('a');
    expect(pod!.status!.containerStatuses![0]!.state.terminated).to.include({ exitCode: 2 });
    expect(await log('a')).to.equal('error: unrecognized arguments: --bogus\n');
  });

  it('report a program that is not on this machine', async () => {
    const missing = { match: () => true, start: () => ({ command: '/no/such/program' }) };
    cluster = await startReal({ images: [missing] });
    await create(scripted('a', '', {}, { restartPolicy: 'Never' }));
    const pod = await exit('a');
    expect(pod!.status!.containerStatuses![0]!.state.terminated).to.include({ exitCode: 128, reason: 'StartError' });
    expect(pod!.status!.containerStatuses![0]!.state.terminated!.message).to.include('ENOENT');
  });

  it('may not leave their volume by the path of a file', async () => {
    cluster = await startReal();
    const items = [{ key: 'k', path: '../../escape' }];
    await cluster.client.create(kinds.configMaps, {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'c', namespace: 'default' },
      data: { k: 'v' },
    });
    const pod = scripted('a', patient, {}, { volumes: [{ name: 'v', configMap: { name: 'c', items } }] });
    const refused = await create(pod).then(
      () => undefined,
      (error: Error) => error,
    );
    if (refused === undefined) {
      const seen = await untilPod(cluster, 'a', (one) => one?.status?.phase === 'Failed');
      expect(seen!.status!.message).to.include('must not leave its volume');
    } else expect(refused.message).to.include('..');
  });

  async function said(name: string): Promise<{ events: string[] }> {
    await cluster.settled();
    const { items } = await cluster.client.list(kinds.events);
    const about = items.filter((event) => (event.involvedObject as { name: string }).name === name);
    return { events: about.map((event) => `${String(event.reason)}: ${String(event.message)}`) };
  }

  async function firstLine(name: string): Promise<string> {
    await untilPod(cluster, name, (pod) => pod?.status?.containerStatuses?.[0]?.state.running !== undefined);
    let text = '';
    for await (const piece of await logOf(name, true)) {
      text += piece;
      if (text.includes('\n')) break;
    }
    return text.slice(0, text.indexOf('\n'));
  }
});
