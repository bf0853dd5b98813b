import { expect } from 'chai';
import { type Api, causes, configMap, configMaps, type Event } from './api.js';
import type { Serving } from './serving.js';

const services = '/api/v1/namespaces/t/services';
const pods = '/api/v1/namespaces/t/pods';
const leases = '/apis/coordination.k8s.io/v1/namespaces/t/leases';
const coreEvents = '/api/v1/namespaces/t/events';
const newEvents = '/apis/events.k8s.io/v1/namespaces/t/events';
const secrets = '/api/v1/namespaces/t/secrets';

const service = (name: string, spec: object = {}): object => ({
  metadata: { name },
  spec: { ports: [{ port: 80 }], ...spec },
});
const pod = (name: string, spec: object = {}): object => ({
  metadata: { name },
  spec: { containers: [{ name: 'c', image: 'i' }], ...spec },
});
const bind = (name: string): object => ({
  apiVersion: 'v1',
  kind: 'Binding',
  metadata: { name },
  target: { kind: 'Node', name: 'n1' },
});

/** What the built-in kinds do beyond what all objects do. */
export function builtinKindsCases({ start }: Serving): void {
  describe('conformance: built-in kinds', () => {
    let api: Api;
    beforeEach(async () => {
      api = await start();
    });
    afterEach(() => api.stop());

    it('67: a Service gets an address of its own, or the one it asks for if that is free', async () => {
      const first = await api.post(services, service('a'));
      const second = await api.post(services, service('b'));
      expect(first.body.spec.clusterIP).to.match(/^10\.96\./);
      expect(first.body.spec.clusterIPs).to.deep.equal([first.body.spec.clusterIP]);
      expect(second.body.spec.clusterIP).not.to.equal(first.body.spec.clusterIP);
      expect(first.body.spec.ports).to.deep.equal([{ port: 80, protocol: 'TCP', targetPort: 80 }]);
      expect(first.body.spec).to.include({
        type: 'ClusterIP',
        sessionAffinity: 'None',
        internalTrafficPolicy: 'Cluster',
      });
      const taken = await api.post(services, service('c', { clusterIP: first.body.spec.clusterIP }));
      expect(taken.status).to.equal(422);
      expect(causes(taken)).to.deep.equal(['FieldValueInvalid spec.clusterIPs']);
      const outside = await api.post(services, service('c', { clusterIP: '192.168.0.1' }));
      expect(outside.status).to.equal(422);
      await api.delete(`${services}/a`);
      expect((await api.post(services, service('c', { clusterIP: first.body.spec.clusterIP }))).status).to.equal(201);
    });

    it('67: a headless Service has none, the address cannot change, and a PUT without it keeps it', async () => {
      const headless = await api.post(services, service('h', { clusterIP: 'None' }));
      expect(headless.body.spec.clusterIPs).to.deep.equal(['None']);
      const made = await api.post(services, service('a'));
      const moved = await api.merge(`${services}/a`, { spec: { clusterIP: '10.96.9.9', clusterIPs: ['10.96.9.9'] } });
      expect(moved.status).to.equal(422);
      expect(causes(moved)).to.deep.equal(['FieldValueInvalid spec.clusterIPs[0]']);
      const kept = await api.put(`${services}/a`, service('a', { ports: [{ port: 81 }] }));
      expect(kept.body.spec.clusterIP).to.equal(made.body.spec.clusterIP);
    });

    it('67: several ports need names, and node ports come from their range', async () => {
      const unnamed = await api.post(services, service('a', { ports: [{ port: 80 }, { port: 81 }] }));
      expect(unnamed.status).to.equal(422);
      expect(causes(unnamed)).to.deep.equal([
        'FieldValueRequired spec.ports[0].name',
        'FieldValueRequired spec.ports[1].name',
      ]);
      const node = await api.post(services, service('a', { type: 'NodePort' }));
      expect(node.body.spec.ports[0].nodePort).to.be.within(30000, 32767);
      expect((await api.post(services, service('Bad'))).status).to.equal(422);
      const none = await api.post(services, service('b', { ports: [{ port: 70000 }] }));
      expect(causes(none)).to.include('FieldValueInvalid spec.ports[0].port');
    });

    it('67: a PUT of a Service or a Lease that is not there creates it', async () => {
      expect((await api.put(`${services}/new`, service('new'))).status).to.equal(201);
      expect((await api.put(`${leases}/new`, { metadata: { name: 'new' }, spec: {} })).status).to.equal(201);
      const again = await api.put(`${leases}/new`, { metadata: { name: 'new' }, spec: {} });
      expect(again.status).to.equal(422);
      expect(causes(again)).to.deep.equal(['FieldValueInvalid metadata.resourceVersion']);
    });

    it('68: binding sets the node and PodScheduled; a second binding is 409', async () => {
      const made = await api.post(pods, pod('p'));
      expect(made.body.status).to.include({ phase: 'Pending', qosClass: 'BestEffort' });
      expect(made.body.metadata.generation).to.equal(1);
      const bound = await api.post(`${pods}/p/binding`, bind('p'));
      expect([bound.status, bound.body.status]).to.deep.equal([201, 'Success']);
      const { body } = await api.get(`${pods}/p`);
      expect(body.spec.nodeName).to.equal('n1');
      expect(body.status.conditions[0]).to.include({ type: 'PodScheduled', status: 'True' });
      expect((await api.post(`${pods}/p/binding`, bind('p'))).status).to.equal(409);
    });

    it('68: pods are selected by node and phase, and their status is written apart', async () => {
      await api.post(pods, pod('p'));
      await api.post(pods, pod('q'));
      await api.post(`${pods}/p/binding`, bind('p'));
      await api.strategic(`${pods}/p/status`, {
        status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] },
      });
      const { body } = await api.get(`${pods}?fieldSelector=spec.nodeName%3Dn1,status.phase%3DRunning`);
      expect(body.items.map((item: Event) => item.metadata.name)).to.deep.equal(['p']);
      expect(body.items[0].status.conditions.map((each: Event) => each.type).sort()).to.deep.equal([
        'PodScheduled',
        'Ready',
      ]);
      const main = await api.merge(`${pods}/p`, { status: { phase: 'Failed' } });
      expect(main.body.status.phase).to.equal('Running');
    });

    it('68: an unbound pod goes at once, a bound one gets its grace, and grace 0 ends it', async () => {
      await api.post(pods, pod('p'));
      await api.post(pods, pod('q'));
      await api.post(`${pods}/p/binding`, bind('p'));
      const gone = await api.delete(`${pods}/q`);
      expect(gone.body.kind).to.equal('Pod');
      expect((await api.get(`${pods}/q`)).status).to.equal(404);
      const going = await api.delete(`${pods}/p`);
      expect(going.body.metadata.deletionGracePeriodSeconds).to.equal(30);
      expect(Date.parse(going.body.metadata.deletionTimestamp) - api.now()).to.be.within(28_000, 30_000);
      const sooner = await api.delete(`${pods}/p`, { gracePeriodSeconds: 5 });
      expect(sooner.body.metadata.deletionGracePeriodSeconds).to.equal(5);
      await api.delete(`${pods}/p`, { gracePeriodSeconds: 0 });
      expect((await api.get(`${pods}/p`)).status).to.equal(404);
    });

    it('a pod is completed as the real server does, and its spec is closed but for the image', async () => {
      const { body } = await api.post(
        pods,
        pod('p', {
          containers: [
            {
              name: 'c',
              image: 'reg.io:5000/x',
              ports: [{ containerPort: 80 }],
              resources: { limits: { cpu: '1000m', memory: '1024Mi', 'nvidia.com/gpu': 1 } },
              readinessProbe: { httpGet: { port: 80 } },
            },
          ],
          volumes: [{ name: 'v' }, { name: 's', secret: { secretName: 'x' } }],
        }),
      );
      const [container] = body.spec.containers;
      expect(container).to.deep.include({
        imagePullPolicy: 'Always',
        terminationMessagePath: '/dev/termination-log',
        ports: [{ containerPort: 80, protocol: 'TCP' }],
        resources: {
          limits: { cpu: '1', memory: '1Gi', 'nvidia.com/gpu': '1' },
          requests: { cpu: '1', memory: '1Gi', 'nvidia.com/gpu': '1' },
        },
        readinessProbe: {
          httpGet: { path: '/', port: 80, scheme: 'HTTP' },
          timeoutSeconds: 1,
          periodSeconds: 10,
          successThreshold: 1,
          failureThreshold: 3,
        },
      });
      expect(body.spec.volumes).to.deep.equal([
        { name: 'v', emptyDir: {} },
        { name: 's', secret: { secretName: 'x', defaultMode: 420 } },
      ]);
      expect(body.spec).to.include({
        restartPolicy: 'Always',
        dnsPolicy: 'ClusterFirst',
        terminationGracePeriodSeconds: 30,
      });
      expect(body.status.qosClass).to.equal('Guaranteed');
      const renamed = await api.merge(`${pods}/p`, { spec: { nodeName: 'n1' } });
      expect(causes(renamed)).to.deep.equal(['FieldValueForbidden spec']);
      const image = await api.strategic(`${pods}/p`, { spec: { containers: [{ name: 'c', image: 'other:1' }] } });
      expect([image.status, image.body.metadata.generation]).to.deep.equal([200, 2]);
    });

    it('a pod that cannot run is refused with each field', async () => {
      const answer = await api.post(pods, {
        metadata: { name: 'p' },
        spec: {
          containers: [
            { name: 'C', ports: [{ containerPort: 0 }], volumeMounts: [{ name: 'nope', mountPath: '/x' }] },
            { name: 'd', image: 'i', resources: { limits: { cpu: '1' }, requests: { cpu: '2' } } },
            { name: 'd', image: 'i', livenessProbe: {} },
          ],
        },
      });
      expect(answer.status).to.equal(422);
      expect(causes(answer)).to.deep.equal([
        'FieldValueDuplicate spec.containers[2].name',
        'FieldValueInvalid spec.containers[0].name',
        'FieldValueInvalid spec.containers[1].resources.requests',
        'FieldValueNotFound spec.containers[0].volumeMounts[0].name',
        'FieldValueRequired spec.containers[0].image',
        'FieldValueRequired spec.containers[0].ports[0].containerPort',
        'FieldValueRequired spec.containers[2].livenessProbe',
      ]);
    });

    it('a value of the wrong type in a built-in kind is 400', async () => {
      const answer = await api.post('/apis/apps/v1/namespaces/t/deployments', {
        metadata: { name: 'd' },
        spec: { replicas: 'two' },
      });
      expect([answer.status, answer.body.reason]).to.deep.equal([400, 'BadRequest']);
      expect(answer.body.message).to.contain(
        'json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32',
      );
      const quantity = await api.post(
        pods,
        pod('p', { containers: [{ name: 'c', image: 'i', resources: { limits: { cpu: 'lots' } } }] }),
      );
      expect(quantity.status).to.equal(400);
    });

    it('69: a Lease wants six digits, and a duration above zero', async () => {
      const lease = (name: string, spec: object): object => ({ metadata: { name }, spec });
      expect((await api.post(leases, lease('a', { renewTime: '2026-01-01T00:00:00.123Z' }))).status).to.equal(400);
      const good = await api.post(
        leases,
        lease('a', { renewTime: '2026-01-01T00:00:00.123456Z', leaseDurationSeconds: 15 }),
      );
      expect(good.status).to.equal(201);
      expect(good.body.metadata).not.to.have.property('generation');
      const zero = await api.post(leases, lease('b', { leaseDurationSeconds: 0 }));
      expect(zero.status).to.equal(422);
      expect(causes(zero)).to.deep.equal(['FieldValueInvalid spec.leaseDurationSeconds']);
    });

    it('70: an event made in one group is read in the other', async () => {
      const made = await api.post(newEvents, {
        metadata: { name: 'e' },
        eventTime: '2026-01-01T00:00:00.000000Z',
        reportingController: 'me',
        reportingInstance: 'me-1',
        action: 'Test',
        reason: 'Because',
        type: 'Normal',
        note: 'hello',
        regarding: { kind: 'Pod', name: 'p', namespace: 't' },
      });
      expect(made.status).to.equal(201);
      const { body } = await api.get(`${coreEvents}/e`);
      expect(body).to.include({ apiVersion: 'v1', message: 'hello', reportingComponent: 'me' });
      expect(body.involvedObject).to.deep.equal({ kind: 'Pod', name: 'p', namespace: 't' });
      await api.post(coreEvents, {
        metadata: { name: 'f' },
        involvedObject: { kind: 'Pod', name: 'q', namespace: 't' },
        message: 'm',
        count: 2,
      });
      const { body: other } = await api.get(`${newEvents}/f`);
      expect(other).to.deep.include({ apiVersion: 'events.k8s.io/v1', note: 'm', deprecatedCount: 2 });
      const selected = await api.get(`${coreEvents}?fieldSelector=involvedObject.name%3Dp,involvedObject.kind%3DPod`);
      expect(selected.body.items.map((item: Event) => item.metadata.name)).to.deep.equal(['e']);
    });

    it('70: the new form needs eventTime; an object in another namespace is 422', async () => {
      const timeless = await api.post(newEvents, {
        metadata: { name: 'e' },
        reportingController: 'me',
        reportingInstance: 'me-1',
        action: 'Test',
        reason: 'Because',
        type: 'Normal',
        regarding: { namespace: 't' },
      });
      expect(causes(timeless)).to.deep.equal(['FieldValueRequired eventTime']);
      const elsewhere = await api.post(coreEvents, { metadata: { name: 'e' }, involvedObject: { namespace: 'other' } });
      expect(elsewhere.status).to.equal(422);
      expect(causes(elsewhere)).to.deep.equal(['FieldValueInvalid involvedObject.namespace']);
    });

    it('71: stringData is encoded, the type of a Secret and an immutable ConfigMap stay', async () => {
      const { body } = await api.post(secrets, { metadata: { name: 's' }, stringData: { k: 'v' } });
      expect(body.data).to.deep.equal({ k: 'dg==' });
      expect(body).not.to.have.property('stringData');
      expect(body.type).to.equal('Opaque');
      expect(causes(await api.merge(`${secrets}/s`, { type: 'other' }))).to.deep.equal(['FieldValueInvalid type']);
      await api.post(configMaps, { ...configMap('a'), immutable: true });
      const changed = await api.merge(`${configMaps}/a`, { data: { a: '2' } });
      expect(changed.status).to.equal(422);
      expect(causes(changed)).to.deep.equal(['FieldValueForbidden data']);
    });

    it('a pod without a node has nothing to be read in its log, and its log is asked for by a container and in numbers', async () => {
      const pods = '/api/v1/namespaces/t/pods';
      const named = (...names: readonly string[]) => names.map((name) => ({ name, image: 'i' }));
      const initContainers = named('first');
      await api.post(pods, { metadata: { name: 'one' }, spec: { initContainers, containers: named('main') } });
      await api.post(pods, { metadata: { name: 'two' }, spec: { initContainers, containers: named('a', 'b') } });
      for (const query of ['', '?container=first', '?follow=true', '?previous=true', '?timestamps=true']) {
        const { status, text } = await api.get(`${pods}/one/log${query}`);
        expect([status, text], query).to.deep.equal([204, '']);
      }
      const refused = async (path: string) => {
        const answer = await api.get(`${pods}/${path}`);
        return [answer.status, answer.body.message];
      };
      expect(await refused('one/log?container=x')).to.deep.equal([400, 'container x is not valid for pod one']);
      expect(await refused('two/log')).to.deep.equal([
        400,
        'a container name must be specified for pod two, choose one of: [first a b]',
      ]);
      for (const [query, said] of [
        ['tailLines=-1', 'tailLines: Invalid value: -1: must be greater than or equal to 0'],
        ['sinceSeconds=0', 'sinceSeconds: Invalid value: 0: must be greater than 0'],
        ['limitBytes=0', 'limitBytes: Invalid value: 0: must be greater than 0'],
        [
          'sinceSeconds=1&sinceTime=2026-01-01T00:00:00Z',
          '[]: Forbidden: at most one of `sinceTime` or `sinceSeconds` may be specified',
        ],
      ]) {
        expect(await refused(`one/log?${query}`), query).to.deep.equal([
          422,
          `PodLogOptions "one" is invalid: ${said}`,
        ]);
      }
      expect((await api.get(`${pods}/one/log?sinceTime=yesterday`)).status).to.equal(400);
      expect((await api.get(`${pods}/one/log?tailLines=x`)).status).to.equal(400);
      expect((await api.get(`${pods}/none/log`)).status).to.equal(404);
      expect((await api.post(`${pods}/one/log`, {})).status).to.equal(405);
    });

    it('72: an owner needs a uid, and there is one controller at most', async () => {
      const owner = { apiVersion: 'v1', kind: 'Pod', name: 'p', uid: 'u' };
      const anonymous = await api.post(
        configMaps,
        configMap('a', {}, { ownerReferences: [{ ...owner, uid: undefined }] }),
      );
      expect(anonymous.status).to.equal(422);
      expect(causes(anonymous)).to.deep.equal(['FieldValueInvalid metadata.ownerReferences.uid']);
      const two = await api.post(
        configMaps,
        configMap(
          'a',
          {},
          {
            ownerReferences: [
              { ...owner, controller: true },
              { ...owner, name: 'q', uid: 'v', controller: true },
            ],
          },
        ),
      );
      expect(two.status).to.equal(422);
      expect(causes(two)).to.deep.equal(['FieldValueInvalid metadata.ownerReferences']);
    });

    it('workloads keep their selector, and a Job its template', async () => {
      const template = { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'c', image: 'i' }] } };
      for (const plural of ['deployments', 'replicasets', 'daemonsets', 'statefulsets']) {
        const path = `/apis/apps/v1/namespaces/t/${plural}`;
        const made = await api.post(path, {
          metadata: { name: 'w' },
          spec: { selector: { matchLabels: { a: 'b' } }, template },
        });
        expect([made.status, made.body.metadata.generation], plural).to.deep.equal([201, 1]);
        const moved = await api.merge(`${path}/w`, {
          spec: { selector: { matchLabels: { c: 'd' } }, template: { metadata: { labels: { c: 'd' } } } },
        });
        expect(moved.status, plural).to.equal(422);
        const foreign = await api.post(path, {
          metadata: { name: 'x' },
          spec: { selector: { matchLabels: { z: 'z' } }, template },
        });
        expect(causes(foreign), plural).to.deep.equal(['FieldValueInvalid spec.template.metadata.labels']);
      }
      const jobs = '/apis/batch/v1/namespaces/t/jobs';
      const job = await api.post(jobs, {
        metadata: { name: 'j' },
        spec: { template: { spec: { ...template.spec, restartPolicy: 'Never' } } },
      });
      expect(job.body.spec).to.include({ backoffLimit: 6, parallelism: 1, completions: 1 });
      expect(job.body.spec.selector.matchLabels).to.deep.equal({
        'batch.kubernetes.io/controller-uid': job.body.metadata.uid,
      });
      expect(job.body.spec.template.metadata.labels['job-name']).to.equal('j');
      const changed = await api.strategic(`${jobs}/j`, {
        spec: { template: { spec: { containers: [{ name: 'c', image: 'other' }] } } },
      });
      expect(causes(changed)).to.deep.equal(['FieldValueInvalid spec.template']);
      const always = await api.post(jobs, { metadata: { name: 'k' }, spec: { template: { spec: template.spec } } });
      expect(causes(always)).to.deep.equal(['FieldValueRequired spec.template.spec.restartPolicy']);
    });

    it('a Deployment moves its generation on annotations too, and scales through its subresource', async () => {
      const path = '/apis/apps/v1/namespaces/t/deployments';
      const template = { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'c', image: 'i' }] } };
      await api.post(path, { metadata: { name: 'd' }, spec: { selector: { matchLabels: { a: 'b' } }, template } });
      const annotated = await api.merge(`${path}/d`, { metadata: { annotations: { x: 'y' } } });
      expect(annotated.body.metadata.generation).to.equal(2);
      const scaled = await api.merge(`${path}/d/scale`, { spec: { replicas: 3 } });
      expect(scaled.body).to.deep.include({ spec: { replicas: 3 }, status: { replicas: 0, selector: 'a=b' } });
      expect((await api.get(`${path}/d`)).body.spec.replicas).to.equal(3);
    });

    it('a VolumeAttachment begins as attached to nothing, and keeps its spec', async () => {
      const attachments = '/apis/storage.k8s.io/v1/volumeattachments';
      const spec = { attacher: 'ex.io', nodeName: 'node-1', source: { persistentVolumeName: 'pv-1' } };
      const made = await api.post(attachments, { metadata: { name: 'a' }, spec });
      expect([made.status, made.body.status]).to.deep.equal([201, { attached: false }]);
      expect(causes(await api.merge(`${attachments}/a`, { spec: { nodeName: 'node-2' } }))).to.deep.equal([
        'FieldValueInvalid spec',
      ]);
      expect((await api.merge(`${attachments}/a/status`, { status: { attached: true } })).body.status).to.deep.equal({
        attached: true,
      });
      const empty = await api.post(attachments, { metadata: { name: 'b' }, spec: {} });
      expect(causes(empty)).to.deep.equal([
        'FieldValueInvalid spec.attacher',
        'FieldValueInvalid spec.nodeName',
        'FieldValueRequired spec.attacher',
        'FieldValueRequired spec.attacher',
        'FieldValueRequired spec.source',
      ]);
      expect((await api.delete(`${attachments}/a`)).status).to.equal(200);
    });

    it('an admission policy and its binding get their defaults, and are refused without what they need', async () => {
      const group = '/apis/admissionregistration.k8s.io/v1';
      const rule = { apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['configmaps'] };
      const spec = { matchConstraints: { resourceRules: [rule] }, validations: [{ expression: 'true' }] };
      const policies = `${group}/validatingadmissionpolicies`;
      const made = await api.post(policies, { metadata: { name: 'a' }, spec });
      expect([made.status, made.body.metadata.generation]).to.deep.equal([201, 1]);
      expect(made.body.spec).to.deep.equal({
        ...spec,
        failurePolicy: 'Fail',
        matchConstraints: {
          resourceRules: [{ ...rule, scope: '*' }],
          matchPolicy: 'Equivalent',
          namespaceSelector: {},
          objectSelector: {},
        },
      });
      expect(causes(await api.post(policies, { metadata: { name: 'b' }, spec: {} }))).to.deep.equal([
        'FieldValueRequired spec.auditAnnotations',
        'FieldValueRequired spec.matchConstraints',
        'FieldValueRequired spec.validations',
      ]);
      const bindings = `${group}/validatingadmissionpolicybindings`;
      const bound = { policyName: 'a', validationActions: ['Audit'] };
      expect((await api.post(bindings, { metadata: { name: 'a' }, spec: bound })).body.spec).to.deep.equal(bound);
      expect(causes(await api.post(bindings, { metadata: { name: 'b' }, spec: {} }))).to.deep.equal([
        'FieldValueRequired spec.policyName',
        'FieldValueRequired spec.validationActions',
      ]);
      for (const path of [`${policies}/a`, `${bindings}/a`]) expect((await api.delete(path)).status).to.equal(200);
    });

    it('ports that stand twice in a pod are warned of, in the words of the real server', async () => {
      const containers = ['a', 'b'].map((name) => ({
        name,
        image: 'i',
        ports: [
          { containerPort: 80, name: 'h' },
          { containerPort: 81, hostPort: name === 'a' ? 8081 : 0 },
        ],
      }));
      const spec = { containers };
      const template = { metadata: { labels: { a: 'b' } }, spec };
      const path = '/apis/apps/v1/namespaces/t/deployments';
      const selector = { matchLabels: { a: 'b' } };
      const made = await api.post(path, { metadata: { name: 'd' }, spec: { selector, template } });
      const second = 'spec.template.spec.containers[1].ports';
      const first = 'spec.template.spec.containers[0].ports';
      expect(made.headers.warning?.split(', 299 - ').map((text) => text.replace(/^299 - /, ''))).to.deep.equal(
        [
          `${second}[0]: duplicate port definition with ${first}[0]`,
          `${second}[1]: overlapping port definition with ${first}[1]`,
          `${second}[0]: duplicate port name "h" with ${first}[0], services and probes that select ports by name will use ${first}[0]`,
        ].map((text) => JSON.stringify(text)),
      );
      const scaled = await api.merge(`${path}/d`, { metadata: { labels: { x: 'y' } } });
      expect([scaled.status, scaled.headers.warning]).to.deep.equal([200, undefined]);
    });
  });
}
