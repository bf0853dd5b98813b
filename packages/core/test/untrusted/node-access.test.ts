import { admissionPolicyOf, admitWorkspace, byoProvisioner } from '@kaito-sdk/core';
import { expect } from 'chai';

const image = 'registry.example.com/team/server:1';

function workspace(more: object, labels: Readonly<Record<string, string>> = { apps: 'demo' }) {
  return {
    apiVersion: 'kaito.sh/v1beta1',
    kind: 'Workspace',
    metadata: { name: 'demo' },
    resource: { labelSelector: { matchLabels: labels } },
    ...more,
  };
}

const template = (spec: object, container: object = {}) =>
  workspace({ inference: { template: { spec: { containers: [{ name: 'main', image, ...container }], ...spec } } } });
const secured = (securityContext: object) => template({}, { securityContext });
const tuned = (input: object, output: object) =>
  workspace({ tuning: { preset: { name: 'x' }, method: 'lora', input, output } });

const refused = (object: object, policy = {}) =>
  admitWorkspace(object, undefined, policy).map(({ field, reason }) => `${field} ${reason}`);

const spec = 'inference.template.spec';
const host = { hostPath: { path: '/' } };

/** What reaches the node, by the field that is named. The first word of each title is the rule of the profile `baseline`. */
const reaching: readonly (readonly [what: string, object: object, field: string])[] = [
  ['host network', template({ hostNetwork: true }), `${spec}.hostNetwork`],
  ['host processes', template({ hostPID: true }), `${spec}.hostPID`],
  ['host memory', template({ hostIPC: true }), `${spec}.hostIPC`],
  ['a chosen node, past the scheduler', template({ nodeName: 'theirs' }), `${spec}.nodeName`],
  [
    'a host path',
    template({
      volumes: [
        { name: 'a', emptyDir: {} },
        { name: 'b', ...host },
      ],
    }),
    `${spec}.volumes[1].hostPath`,
  ],
  ['a privileged container', secured({ privileged: true }), `${spec}.containers[0].securityContext.privileged`],
  [
    'a capability',
    secured({ capabilities: { add: ['CHOWN', 'SYS_ADMIN'] } }),
    `${spec}.containers[0].securityContext.capabilities.add`,
  ],
  ['an unmasked /proc', secured({ procMount: 'Unmasked' }), `${spec}.containers[0].securityContext.procMount`],
  [
    'no seccomp',
    secured({ seccompProfile: { type: 'Unconfined' } }),
    `${spec}.containers[0].securityContext.seccompProfile`,
  ],
  [
    'no AppArmor',
    secured({ appArmorProfile: { type: 'Unconfined' } }),
    `${spec}.containers[0].securityContext.appArmorProfile`,
  ],
  [
    'another SELinux type',
    secured({ seLinuxOptions: { type: 'spc_t' } }),
    `${spec}.containers[0].securityContext.seLinuxOptions`,
  ],
  [
    'a Windows host process',
    template({ securityContext: { windowsOptions: { hostProcess: true } } }),
    `${spec}.securityContext.windowsOptions.hostProcess`,
  ],
  [
    'a kernel setting of the node',
    template({ securityContext: { sysctls: [{ name: 'kernel.msgmax', value: '1' }] } }),
    `${spec}.securityContext.sysctls`,
  ],
  [
    'a host port',
    template({}, { ports: [{ containerPort: 80, hostPort: 80 }] }),
    `${spec}.containers[0].ports[0].hostPort`,
  ],
  [
    'a privileged init container',
    template({ initContainers: [{ name: 'i', image, securityContext: { privileged: true } }] }),
    `${spec}.initContainers[0].securityContext.privileged`,
  ],
  [
    'a privileged ephemeral container',
    template({ ephemeralContainers: [{ name: 'e', image, securityContext: { privileged: true } }] }),
    `${spec}.ephemeralContainers[0].securityContext.privileged`,
  ],
  [
    'training data of the host',
    tuned({ volumeSource: host }, { image, imagePushSecret: 's' }),
    'tuning.input.volumeSource.hostPath',
  ],
  ['results on the host', tuned({ image }, { volumeSource: host }), 'tuning.output.volumeSource.hostPath'],
  [
    'an adapter of the host',
    workspace({ inference: { preset: { name: 'x' }, adapters: [{ source: { name: 'a', volumeSource: host } }] } }),
    'inference.adapters[0].source.volumeSource.hostPath',
  ],
];

describe('a Workspace that would reach the node itself', () => {
  for (const [what, object, field] of reaching) {
    it(`is refused: ${what}`, () => {
      expect(refused(object)).to.deep.equal([`${field} Forbidden`]);
      expect(refused(object, { nodeAccess: 'allow' })).to.deep.equal([]);
    });
  }

  it('is not every pod: what the profile allows is allowed', () => {
    const harmless = template(
      {
        hostNetwork: false,
        serviceAccountName: 'mine',
        securityContext: { runAsNonRoot: true, sysctls: [{ name: 'net.ipv4.tcp_syncookies', value: '1' }] },
        volumes: [
          { name: 'a', persistentVolumeClaim: { claimName: 'a' } },
          { name: 'b', hostPath: null },
        ],
      },
      {
        ports: [{ containerPort: 5000, hostPort: 0 }],
        securityContext: {
          privileged: false,
          capabilities: { add: ['NET_BIND_SERVICE'], drop: ['ALL'] },
          seccompProfile: { type: 'RuntimeDefault' },
          seLinuxOptions: { type: 'container_t', level: 's0:c1,c2' },
        },
      },
    );
    expect(refused(harmless)).to.deep.equal([]);
  });

  it('stays editable when it was stored before the rule, and cannot reach further', () => {
    const before = template({ hostNetwork: true });
    expect(admitWorkspace(before, before)).to.deep.equal([]);
    const more = template({ hostNetwork: true, hostPID: true });
    expect(admitWorkspace(more, before).map(({ field }) => field)).to.deep.equal([`${spec}.hostPID`]);
  });

  it('is let through where the installation says so, and nowhere else', () => {
    const { nodeAccess } = admissionPolicyOf({ runtimes: [], nodeAccess: 'allow' });
    expect([nodeAccess, admissionPolicyOf({ runtimes: [] })]).to.deep.equal(['allow', {}]);
  });
});

describe('the labels of nodes', () => {
  const selecting = (key: string) => workspace({ inference: { preset: { name: 'x' } } }, { [key]: 'x' });
  const find = admissionPolicyOf({ runtimes: [], provisioner: byoProvisioner });

  for (const key of [
    'node-role.kubernetes.io/control-plane',
    'node-restriction.kubernetes.io/team',
    'node.kubernetes.io/exclude-from-external-load-balancers',
    'kubernetes.io/hostname',
    'topology.kubernetes.io/zone',
    'karpenter.sh/nodepool',
    'x.k8s.io/y',
  ]) {
    it(`may not be ${key} where nodes are made with them, for it draws pods that are somebody else's`, () => {
      expect(refused(selecting(key))).to.deep.equal([`resource.labelSelector.matchLabels[${key}] Forbidden`]);
    });
  }

  it('may be any where they choose among nodes that are there', () => {
    expect(refused(selecting('topology.kubernetes.io/zone'), find)).to.deep.equal([]);
    expect(refused(selecting('kubernetes.io/hostname'), find)).to.deep.equal([]);
  });

  for (const key of [
    'kaito.sh/workspace',
    'kaito.sh/workspacenamespace',
    'karpenter.kaito.sh/x',
    'workspace.kaito.io/name',
    'kaito-sdk.dev/owner-uid',
    'byo.kaito-sdk.dev/0123',
  ]) {
    it(`may never be ${key}, which says whose a node is`, () => {
      expect(refused(selecting(key), find)).to.deep.equal([`resource.labelSelector.matchLabels[${key}] Forbidden`]);
    });
  }

  it('are a user’s own otherwise, the names of other domains among them', () => {
    for (const key of ['apps', 'example.com/team', 'notkubernetes.io/x', 'kaito.sh/apps']) {
      expect(refused(selecting(key)), key).to.deep.equal([]);
    }
  });
});
