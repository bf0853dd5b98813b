import { execFileSync } from 'node:child_process';
import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CONFIG_MAPS, type KubeObject, LEASES, PODS } from '@kaito-sdk/core';
import { type AskedRequest, ruleText, unusedRules } from '@kaito-sdk/core/testing';
import { expect } from 'chai';
import { scaffold } from '../../packages/operator/dist/scaffold.js';
import { ControlPlane } from '../dist/control-plane.js';
import { eventually } from '../dist/eventually.js';
import { freePorts } from '../dist/free-ports.js';
import { writeKubeconfig } from '../dist/identity.js';
import { type Member, ProcessGroup } from '../dist/process-group.js';

const NODE_MODULES = fileURLToPath(new URL('../../node_modules', import.meta.url));
const USER = 'system:serviceaccount:greeter:greeter';

describe('an operator as kaito create makes it, on a real control plane', function () {
  this.timeout(300_000);
  let plane: ControlPlane;
  let group: ProcessGroup;
  let project: string;
  let operator: Member;
  let health: number;

  const said = async (...args: string[]): Promise<string> => {
    const { code, out, err } = await plane.kubectl(args);
    if (code !== 0) throw new Error(`kubectl ${args.join(' ')}: ${err}`);
    return out;
  };

  /** What the operator asked for, as the server has written it down. */
  const asked = (): readonly AskedRequest[] => plane.requests().filter(({ user }) => user === USER);

  before(async () => {
    plane = await ControlPlane.start({
      controllerManager: true,
      audit: true,
      admission: ['OwnerReferencesPermissionEnforcement'],
    });
    group = new ProcessGroup('kaito-e2e-scaffold-');
    project = join(group.folder, 'greeter');
    scaffold('operator', '@acme/greeter', project);
    symlinkSync(NODE_MODULES, join(project, 'node_modules'));
    execFileSync(process.execPath, [join(NODE_MODULES, 'typescript/bin/tsc')], { cwd: project });
  });
  after(async () => {
    await group?.stop();
    await plane?.stop();
  });

  it('is taken whole, its pod under the strictest pod security', async () => {
    await said('create', 'namespace', 'greeter');
    await said('label', 'namespace', 'greeter', 'pod-security.kubernetes.io/enforce=restricted');
    await said('apply', '-f', join(project, 'deploy'));
    await eventually(async () => {
      const { items } = await plane.client.list(PODS, { namespace: 'greeter' });
      expect(items.map(({ status }) => (status as { phase?: string }).phase)).to.deep.equal(['Pending']);
    });
  });

  it('gets ready as its service account, and leads', async () => {
    [health = 0] = await freePorts(1);
    const token = (await said('-n', 'greeter', 'create', 'token', 'greeter')).trim();
    const kubeconfig = join(group.folder, 'kubeconfig.json');
    writeKubeconfig(kubeconfig, plane.url, plane.caPem, token);
    // As deploy/operator.yaml sets them in the pod.
    const env = { KUBECONFIG: kubeconfig, POD_NAMESPACE: 'greeter', HEALTH_PORT: `${health}` };
    operator = group.start('operator', process.execPath, [join(project, 'dist/src/main.js')], env);
    await eventually(async () => {
      group.check();
      expect((await fetch(`http://127.0.0.1:${health}/readyz`)).status).to.equal(200);
      const lease = await plane.client.get(LEASES, 'greeter', 'greeter');
      expect((lease?.spec as { holderIdentity?: string } | undefined)?.holderIdentity)
        .to.be.a('string')
        .and.not.equal('');
    });
  });

  it('greets, over a ConfigMap of that name too, and greets again when the greeting is taken away', async () => {
    const there: KubeObject = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'ada', namespace: 'default' } };
    await plane.client.create(CONFIG_MAPS, there);
    await said('apply', '-f', join(project, 'example.yaml'));
    const greeted = () =>
      eventually(async () => {
        group.check();
        const live = await plane.client.get(CONFIG_MAPS, 'default', 'ada');
        expect(live?.data).to.deep.equal({ text: 'Hello, Ada!' });
      });
    await greeted();
    await said('delete', 'configmap', 'ada');
    await greeted();
    await eventually(async () => expect(await said('get', 'greetings')).to.match(/^ada +Hello, Ada!$/m));
  });

  it('has no right that is missing, and none that it does not need', async () => {
    const { items: roles } = JSON.parse(
      await said('get', 'clusterrole/greeter', 'role/greeter', '-n', 'greeter', '-o', 'json'),
    ) as { items: KubeObject[] };
    const renewal = ({ verb, resource }: AskedRequest) => verb === 'patch' && resource === 'leases';
    await eventually(() => expect(asked().some(renewal)).to.equal(true));
    expect(operator.ended).to.equal(undefined);
    // A watch is written down when it has ended.
    operator.kill();
    await eventually(() => {
      expect(asked().filter(({ status }) => status === 403)).to.deep.equal([]);
      expect(unusedRules(roles, asked()).map(ruleText)).to.deep.equal([
        // Judged inside of other requests: this server refuses owners without it.
        '- { apiGroups: [greeter.example.com], resources: [greetings/finalizers], verbs: [update] }',
        // For a kind that is no longer rendered, which this one never does.
        '- { apiGroups: [""], resources: [configmaps], verbs: [delete] }',
      ]);
    });
  });
});
