import { expect } from 'chai';
import { eventually } from '../../dist/eventually.js';
import { devCluster, realCluster, type TestCluster } from '../../dist/strangers/test-cluster.js';

const clusters = [
  { name: 'kube-apiserver', start: realCluster },
  { name: 'devcluster', start: () => devCluster({ nodes: [{ name: 'node-1' }] }) },
] as const;

const web = (image = 'web:1', replicas = 2): string =>
  JSON.stringify({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web', namespace: 'default' },
    spec: {
      replicas,
      selector: { matchLabels: { app: 'web' } },
      template: {
        metadata: { labels: { app: 'web' } },
        spec: { containers: [{ name: 'web', image, ports: [{ containerPort: 80 }] }] },
      },
    },
  });

const settings = (data: Record<string, string>, name = 'settings'): string =>
  JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'default' }, data });

// The same sentences for both: what the second must do is what the first does.
for (const { name, start } of clusters) {
  describe(`kubectl against ${name}`, () => {
    let cluster: TestCluster;
    before(async function () {
      // A first build takes minutes.
      this.timeout(900_000);
      cluster = await start();
      await eventually(async () => {
        expect(await said('get', 'node', 'node-1', '--no-headers')).to.match(/^node-1 +Ready /);
      });
    });
    after(() => cluster.stop());

    async function said(...args: string[]): Promise<string> {
      return saidOf('', ...args);
    }
    async function saidOf(stdin: string, ...args: string[]): Promise<string> {
      const { code, out, err } = await cluster.kubectl(args, stdin);
      if (code !== 0) throw new Error(`kubectl ${args.join(' ')} ended with ${code}: ${err}${out}`);
      return out;
    }
    async function refused(...args: string[]): Promise<string> {
      const { code, out, err } = await cluster.kubectl(args);
      if (code === 0) throw new Error(`kubectl ${args.join(' ')} went well: ${out}`);
      return err;
    }
    const dataOf = async (map: string): Promise<unknown> =>
      JSON.parse(await said('get', 'configmap', map, '-o', 'json')).data;

    it('makes objects of its own, which it sends as protobuf', async () => {
      expect(await said('create', 'namespace', 'crew')).to.equal('namespace/crew created\n');
      await said('create', 'configmap', 'made', '-n', 'crew', '--from-literal=a=größe');
      expect(await said('get', 'configmap', 'made', '-n', 'crew', '-o', 'jsonpath={.data}')).to.equal('{"a":"größe"}');
      await said('create', 'secret', 'generic', 'made', '-n', 'crew', '--from-literal=a=b');
      expect(await said('get', 'secret', 'made', '-n', 'crew', '-o', 'jsonpath={.data.a}')).to.equal('Yg==');
      await said('create', 'deployment', 'made', '-n', 'crew', '--image=web:1', '--replicas=0', '--port=80');
      const made = 'jsonpath={.spec.replicas} {.spec.template.spec.containers[0].ports[0].containerPort}';
      expect(await said('get', 'deployment', 'made', '-n', 'crew', '-o', made)).to.equal('0 80');
      await said('create', 'role', 'made', '-n', 'crew', '--verb=get', '--resource=pods');
      await said('create', 'job', 'made', '-n', 'crew', '--image=web:1', '--', 'sleep', '1');
      await said('create', 'service', 'clusterip', 'made', '-n', 'crew', '--tcp=80:http');
      const port = 'jsonpath={.spec.ports[0].targetPort}';
      expect(await said('get', 'service', 'made', '-n', 'crew', '-o', port)).to.equal('http');
      await said('create', 'serviceaccount', 'robot', '-n', 'crew');
      expect(await said('create', 'token', 'robot', '-n', 'crew')).to.match(/^\S+$/m);
      expect(await said('auth', 'can-i', 'create', 'pods')).to.equal('yes\n');
      await said('delete', 'namespace', 'crew');
    });

    it('rolls out a DaemonSet', async () => {
      const agent = (image: string): string =>
        JSON.stringify({
          apiVersion: 'apps/v1',
          kind: 'DaemonSet',
          metadata: { name: 'agent', namespace: 'default' },
          spec: {
            selector: { matchLabels: { app: 'agent' } },
            template: { metadata: { labels: { app: 'agent' } }, spec: { containers: [{ name: 'a', image }] } },
          },
        });
      await saidOf(agent('agent:1'), 'apply', '-f', '-');
      expect(await said('rollout', 'status', 'daemonset/agent')).to.contain(
        'daemon set "agent" successfully rolled out',
      );
      await saidOf(agent('agent:2'), 'apply', '-f', '-');
      await said('rollout', 'status', 'daemonset/agent');
      expect(await said('rollout', 'history', 'daemonset/agent')).to.match(/^1 .*\n2 /m);
      expect(await said('get', 'daemonset', 'agent', '--no-headers')).to.match(/^agent +1 +1 +1 +1 +1 /);
      await said('rollout', 'undo', 'daemonset/agent');
      await said('rollout', 'status', 'daemonset/agent');
      const image = 'jsonpath={.items[*].spec.containers[0].image}';
      expect(await said('get', 'pods', '-l', 'app=agent', '-o', image)).to.equal('agent:1');
      await said('delete', 'daemonset', 'agent');
    });

    it('sees a claim bound to a volume of its class', async () => {
      const volume = {
        apiVersion: 'v1',
        kind: 'PersistentVolume',
        metadata: { name: 'disk' },
        spec: {
          accessModes: ['ReadWriteOnce'],
          capacity: { storage: '10Gi' },
          hostPath: { path: '/data' },
          storageClassName: 'by-hand',
        },
      };
      const claim = {
        apiVersion: 'v1',
        kind: 'PersistentVolumeClaim',
        metadata: { name: 'data', namespace: 'default' },
        spec: {
          accessModes: ['ReadWriteOnce'],
          resources: { requests: { storage: '5Gi' } },
          storageClassName: 'by-hand',
        },
      };
      await saidOf(JSON.stringify(volume), 'create', '-f', '-');
      await saidOf(JSON.stringify(claim), 'create', '-f', '-');
      await said('wait', 'pvc/data', '--for=jsonpath={.status.phase}=Bound', '--timeout=60s');
      expect(await said('get', 'pvc', 'data', '--no-headers')).to.match(/^data +Bound +disk +10Gi +RWO +by-hand /);
      expect(await said('get', 'pv', 'disk', '--no-headers')).to.match(
        /^disk +10Gi +RWO +Retain +Bound +default\/data +by-hand /,
      );
      await said('delete', 'pvc', 'data');
      await said('wait', 'pv/disk', '--for=jsonpath={.status.phase}=Released', '--timeout=60s');
      await said('delete', 'pv', 'disk');
    });

    it('applies from the client: creates, says unchanged, changes, and takes away what was taken from the file', async () => {
      expect(await saidOf(settings({ a: '1', b: '2' }), 'apply', '-f', '-')).to.equal('configmap/settings created\n');
      expect(await saidOf(settings({ a: '1', b: '2' }), 'apply', '-f', '-')).to.equal('configmap/settings unchanged\n');
      await said('patch', 'configmap', 'settings', '-p', '{"data":{"other":"stays"}}');
      expect(await saidOf(settings({ a: '3' }), 'apply', '-f', '-')).to.equal('configmap/settings configured\n');
      expect(await dataOf('settings')).to.deep.equal({ a: '3', other: 'stays' });
    });

    it('applies on the server, names the owner in a conflict, and takes over when forced', async () => {
      const apply = ['apply', '--server-side', '-f', '-'];
      expect(await saidOf(settings({ a: '1' }, 'owned'), ...apply, '--field-manager=one')).to.equal(
        'configmap/owned serverside-applied\n',
      );
      const conflict = await cluster.kubectl([...apply, '--field-manager=two'], settings({ a: '2' }, 'owned'));
      expect(conflict.code).to.equal(1);
      expect(conflict.err).to.contain('Apply failed with 1 conflict: conflict with "one": .data.a');
      await saidOf(settings({ a: '2' }, 'owned'), ...apply, '--field-manager=two', '--force-conflicts');
      expect(await dataOf('owned')).to.deep.equal({ a: '2' });
    });

    it('shows a diff with exit code 1, and none with 0', async () => {
      await saidOf(settings({ a: '1' }, 'compared'), 'apply', '-f', '-');
      const diff = await cluster.kubectl(['diff', '-f', '-'], settings({ a: '2' }, 'compared'));
      expect(diff.code, diff.err).to.equal(1);
      expect(diff.out).to.contain('-  a: "1"').and.contain('+  a: "2"');
      const server = await cluster.kubectl(['diff', '--server-side', '-f', '-'], settings({ z: '2' }, 'compared'));
      expect(server.code, server.err).to.equal(1);
      expect(server.out).to.contain('+  z: "2"');
      expect((await cluster.kubectl(['diff', '-f', '-'], settings({ a: '1' }, 'compared'))).code).to.equal(0);
      expect(await dataOf('compared')).to.deep.equal({ a: '1' });
    });

    it('patches in three ways', async () => {
      await saidOf(web('web:1', 0).replaceAll('"web"', '"patched"'), 'create', '-f', '-');
      const patch = (type: string, text: string): Promise<string> =>
        said('patch', 'deployment', 'patched', '--type', type, '-p', text);
      await patch('merge', '{"metadata":{"labels":{"a":"b"}}}');
      await patch('json', '[{"op":"add","path":"/metadata/labels/c","value":"d"}]');
      // The list of containers is merged by name, not replaced.
      const template = { spec: { containers: [{ name: 'side', image: 'side:1' }] } };
      await patch('strategic', JSON.stringify({ spec: { template } }));
      expect(await said('get', 'deployment', 'patched', '-o', 'jsonpath={.metadata.labels}')).to.equal(
        '{"a":"b","c":"d"}',
      );
      expect(
        await said('get', 'deployment', 'patched', '-o', 'jsonpath={.spec.template.spec.containers[*].image}'),
      ).to.equal('side:1 web:1');
      await refused('patch', 'deployment', 'patched', '-p', '{"spec":{"replicas":"many"}}');
      expect(await said('get', 'deployment', 'patched', '-o', 'jsonpath={.spec.replicas}')).to.equal('0');
      await said('delete', 'deployment', 'patched');
    });

    it('labels and annotates, and will not overwrite unasked', async () => {
      await saidOf(settings({}, 'marked'), 'apply', '-f', '-');
      expect(await said('label', 'configmap', 'marked', 'tier=front')).to.equal('configmap/marked labeled\n');
      expect(await refused('label', 'configmap', 'marked', 'tier=back')).to.contain(
        "'tier' already has a value (front)",
      );
      await said('label', 'configmap', 'marked', 'tier=back', '--overwrite');
      expect(await said('get', 'configmap', '-l', 'tier=back', '-o', 'name')).to.equal('configmap/marked\n');
      await said('label', 'configmap', 'marked', 'tier-');
      expect(await said('get', 'configmap', '-l', 'tier', '-o', 'name')).to.equal('');
      expect(await said('annotate', 'configmap', 'marked', 'note=here')).to.equal('configmap/marked annotated\n');
    });

    it('follows a rollout, restarts it and undoes it', async () => {
      expect(await saidOf(web(), 'apply', '-f', '-')).to.equal('deployment.apps/web created\n');
      expect(await said('rollout', 'status', 'deployment/web', '--timeout=60s')).to.match(/successfully rolled out\n$/);
      await saidOf(web('web:2'), 'apply', '-f', '-');
      await said('rollout', 'status', 'deployment/web', '--timeout=60s');
      expect(await said('rollout', 'history', 'deployment/web')).to.match(/^1 +<none>\n2 +<none>$/m);
      expect(await said('rollout', 'undo', 'deployment/web')).to.equal('deployment.apps/web rolled back\n');
      await said('rollout', 'status', 'deployment/web', '--timeout=60s');
      expect(await said('get', 'deployment', 'web', '-o', 'jsonpath={..image}')).to.equal('web:1');
      expect(await said('rollout', 'restart', 'deployment/web')).to.equal('deployment.apps/web restarted\n');
      await said('rollout', 'status', 'deployment/web', '--timeout=60s');
      await eventually(async () => {
        expect(await said('get', 'replicasets', '-l', 'app=web', '--no-headers')).to.match(/^(web-\S+ +\d+ .*\n){3}$/);
      });
    });

    it('scales, and waits for a condition and for a value', async () => {
      await saidOf(web(), 'apply', '-f', '-');
      expect(await said('scale', 'deployment/web', '--replicas=3')).to.equal('deployment.apps/web scaled\n');
      await said('wait', 'deployment/web', '--for=jsonpath={.status.readyReplicas}=3', '--timeout=60s');
      expect(await said('wait', 'deployment/web', '--for=condition=Available', '--timeout=60s')).to.equal(
        'deployment.apps/web condition met\n',
      );
      expect(await refused('scale', 'deployment/web', '--current-replicas=9', '--replicas=1')).to.contain(
        'Expected replicas to be 9, was 3',
      );
    });

    it('prints tables, the columns of each kind', async () => {
      await saidOf(web(), 'apply', '-f', '-');
      await said('rollout', 'status', 'deployment/web', '--timeout=60s');
      const columns = async (...args: string[]): Promise<string[] | undefined> =>
        (await said('get', ...args)).split('\n')[0]?.trim().split(/ {2,}/);
      expect(await columns('pods')).to.deep.equal(['NAME', 'READY', 'STATUS', 'RESTARTS', 'AGE']);
      expect(await columns('pods', '-o', 'wide')).to.deep.equal(
        'NAME,READY,STATUS,RESTARTS,AGE,IP,NODE,NOMINATED NODE,READINESS GATES'.split(','),
      );
      expect(await columns('deployments')).to.deep.equal(['NAME', 'READY', 'UP-TO-DATE', 'AVAILABLE', 'AGE']);
      expect(await columns('nodes')).to.deep.equal(['NAME', 'STATUS', 'ROLES', 'AGE', 'VERSION']);
      expect(await columns('services')).to.deep.equal('NAME,TYPE,CLUSTER-IP,EXTERNAL-IP,PORT(S),AGE'.split(','));
      expect(await said('get', 'pods', '-l', 'app=web', '--no-headers')).to.match(/^web-\S+ +1\/1 +Running +0 /);
      await eventually(async () => {
        expect(await said('get', 'deployment', 'web', '--no-headers')).to.match(/^web +2\/2 +2 +2 /);
      });
    });

    it('describes a workload with what happened to it', async () => {
      await saidOf(web(), 'apply', '-f', '-');
      await said('rollout', 'status', 'deployment/web', '--timeout=60s');
      const text = await eventually(async () => {
        const words = await said('describe', 'deployment', 'web');
        expect(words).to.match(/Replicas: +2 desired \| 2 updated \| 2 total \| 2 available \| 0 unavailable/);
        return words;
      });
      expect(text).to.match(/ScalingReplicaSet .*deployment-controller +Scaled up replica set web-/);
      expect(await said('describe', 'pods', '-l', 'app=web')).to.match(/Node: +node-1/);
      expect(await said('describe', 'node', 'node-1')).to.contain('Non-terminated Pods:');
    });

    it('explains fields from the published schema, and refuses unknown ones', async () => {
      expect(await said('explain', 'deployment.spec.replicas')).to.match(/FIELD: replicas <integer>/);
      expect(await said('explain', 'pod.spec.containers.resources')).to.match(
        /FIELD: resources <ResourceRequirements>/,
      );
      expect(await said('explain', 'configmap', '--recursive')).to.match(/^ {2}data\t<map\[string\]string>$/m);
      expect(await refused('explain', 'pod.spec.nope')).to.contain('field "nope" does not exist');
    });

    it('lists what is served', async () => {
      const names = async (...flags: string[]): Promise<string[]> =>
        (await said('api-resources', '-o', 'name', ...flags)).trim().split('\n');
      expect(await names()).to.include.members(['pods', 'deployments.apps', 'leases.coordination.k8s.io', 'events']);
      expect(await names('--namespaced=false'))
        .to.include('nodes')
        .and.not.include('pods');
      expect(await said('api-versions')).to.match(/^apps\/v1$/m);
    });

    it('takes a node out of use and back', async () => {
      expect(await said('cordon', 'node-1')).to.equal('node/node-1 cordoned\n');
      expect(await said('get', 'node', 'node-1', '--no-headers')).to.contain('Ready,SchedulingDisabled');
      expect(await said('uncordon', 'node-1')).to.equal('node/node-1 uncordoned\n');
      await said('taint', 'node', 'node-1', 'sku=gpu:PreferNoSchedule');
      expect(await said('get', 'node', 'node-1', '-o', 'jsonpath={.spec.taints[0].key}')).to.equal('sku');
      await said('taint', 'node', 'node-1', 'sku-');
    });

    it('deletes in the background, in the foreground, and leaves orphans', async () => {
      const replicaSets = (app: string): Promise<string> =>
        said('get', 'replicasets', '-l', `app=${app}`, '-o', 'name');
      const create = async (app: string): Promise<void> => {
        await saidOf(web('web:1', 1).replaceAll('"web"', JSON.stringify(app)), 'apply', '-f', '-');
        await said('rollout', 'status', `deployment/${app}`, '--timeout=60s');
      };
      for (const app of ['background', 'foreground', 'orphan']) await create(app);
      for (const app of ['background', 'foreground']) {
        await said('delete', 'deployment', app, `--cascade=${app}`, '--timeout=60s');
        await eventually(async () => {
          expect(await replicaSets(app)).to.equal('');
          expect(await said('get', 'pods', '-l', `app=${app}`, '-o', 'name')).to.equal('');
        });
      }
      await said('delete', 'deployment', 'orphan', '--cascade=orphan', '--timeout=60s');
      expect(await replicaSets('orphan')).to.match(/^replicaset\.apps\/orphan-/);
      expect(await said('get', 'replicasets', '-l', 'app=orphan', '-o', 'jsonpath={..ownerReferences}')).to.equal('');
      await said('delete', 'replicaset', '-l', 'app=orphan');
    });

    it('creates, replaces and edits by name, and says what is not there', async () => {
      const team = JSON.stringify({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'team' } });
      const made = settings({ a: 'b' }, 'made').replace('"default"', '"team"');
      expect(await saidOf(team, 'create', '-f', '-')).to.equal('namespace/team created\n');
      expect((await cluster.kubectl(['create', '-f', '-'], team)).err).to.contain('namespaces "team" already exists');
      await saidOf(made, 'create', '-f', '-');
      expect(await saidOf(made.replace('"b"', '"c"'), 'replace', '-f', '-')).to.equal('configmap/made replaced\n');
      expect(await refused('get', 'configmap', 'absent')).to.equal(
        'Error from server (NotFound): configmaps "absent" not found\n',
      );
      expect(await refused('get', 'gadgets')).to.equal('error: the server doesn\'t have a resource type "gadgets"\n');
      expect(await said('delete', 'namespace', 'team', '--timeout=60s')).to.match(/^namespace "team" deleted\b/);
      expect(await said('get', 'configmaps', '-A', '--field-selector=metadata.name=made', '-o', 'name')).to.equal('');
    });

    it('warns of unknown fields and refuses wrong ones', async () => {
      const typo = settings({ a: '1' }, 'typo').replace('"data"', '"dtaa"');
      const result = await cluster.kubectl(['apply', '-f', '-'], typo);
      expect(result.code).to.equal(1);
      expect(result.err).to.contain('unknown field "dtaa"');
      expect((await cluster.kubectl(['apply', '--validate=warn', '-f', '-'], typo)).err).to.contain(
        'Warning: unknown field "dtaa"',
      );
      const bad = web().replace('"replicas":2', '"replicas":-1');
      expect((await cluster.kubectl(['apply', '-f', '-'], bad)).err).to.contain(
        'spec.replicas: Invalid value: -1: must be greater than or equal to 0',
      );
      expect((await cluster.kubectl(['apply', '--dry-run=server', '-f', '-'], settings({}, 'dry'))).out).to.equal(
        'configmap/dry created (server dry run)\n',
      );
      expect(await refused('get', 'configmap', 'dry')).to.contain('not found');
    });
  });
}

describe('kubectl logs against devcluster', () => {
  it('prints what a process of a pod said, the last lines, and follows to its end', async () => {
    const script = 'console.log("one"); console.log("two"); setTimeout(() => console.log("three"), 1500)';
    const cluster = await devCluster({
      nodes: [{ name: 'node-1' }],
      images: [
        {
          match: (image) => image === 'node:24',
          start: ({ args }) => ({ command: process.execPath, args }),
        },
      ],
    });
    try {
      const pod = {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name: 'talker' },
        spec: { restartPolicy: 'Never', containers: [{ name: 'talker', image: 'node:24', args: ['-e', script] }] },
      };
      expect((await cluster.kubectl(['create', '-f', '-'], JSON.stringify(pod))).err).to.equal('');
      await cluster.kubectl(['wait', 'pod/talker', '--for=condition=Ready', '--timeout=60s']);
      expect((await cluster.kubectl(['logs', 'talker', '-f'])).out).to.equal('one\ntwo\nthree\n');
      expect((await cluster.kubectl(['logs', 'talker', '--tail=1'])).out).to.equal('three\n');
      const timed = await cluster.kubectl(['logs', 'talker', '--timestamps', '--since=1h']);
      expect(timed.out).to.match(/^\S+T\S+Z one\n\S+T\S+Z two\n\S+T\S+Z three\n$/);
      expect((await cluster.kubectl(['logs', 'talker', '--limit-bytes=5'])).out).to.equal('one\nt');
      expect((await cluster.kubectl(['logs', 'talker', '--previous'])).err).to.contain(
        'previous terminated container "talker" in pod "talker" not found',
      );
      expect((await cluster.kubectl(['logs', 'absent'])).err).to.contain('pods "absent" not found');
      await cluster.kubectl(['wait', 'pod/talker', '--for=jsonpath={.status.phase}=Succeeded', '--timeout=60s']);
    } finally {
      await cluster.stop();
    }
  });
});
