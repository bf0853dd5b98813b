import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { KubeObject, ResourceKind } from '@kaito-sdk/core';
import { registerKind } from '@kaito-sdk/core';
import type { ControlPlane } from './control-plane.js';
import { eventually } from './eventually.js';
import { freePorts } from './free-ports.js';
import { type Member, ProcessGroup } from './process-group.js';
import { karpenterPrograms } from './programs.js';

export const KWOK_NODE_CLASSES: ResourceKind = registerKind({
  group: 'karpenter.kwok.sh',
  version: 'v1alpha1',
  kind: 'KWOKNodeClass',
  plural: 'kwoknodeclasses',
  namespaced: false,
});

/** Annotation of a Node of {@link LATE_DEVICES}: so many GPUs show from now on. */
export const SHOW_DEVICES = 'e2e.kaito-sdk.dev/show-devices';

/** The one instance type whose nodes join without their GPU, as before the device plugin has started. */
export const LATE_DEVICES = 'Standard_NC4as_T4_v3';

const data = (file: string): string => fileURLToPath(new URL(`../karpenter/${file}`, import.meta.url));

const CRDS_OF_KARPENTER = [
  'autoscaling.x-k8s.io_capacitybuffers.yaml',
  'karpenter.sh_nodeclaims.yaml',
  'karpenter.sh_nodeoverlays.yaml',
  'karpenter.sh_nodepools.yaml',
];

/**
 * The core of Karpenter as its users run it, on a {@link ControlPlane}: its own controllers decide over NodeClaims and NodePools,
 * its KWOK provider makes Node objects where a cloud would make machines, and KWOK plays their kubelets. What can be had is in
 * `e2e/karpenter/instance-types.json`, in zone-1 and zone-2, on demand only.
 */
export class Karpenter {
  private constructor(
    private readonly plane: ControlPlane,
    private readonly group: ProcessGroup,
    private core: Member,
    private readonly health: string,
  ) {}

  /** Resolves when both say that they are ready. What was begun is ended again when that fails. */
  static async start(plane: ControlPlane): Promise<Karpenter> {
    const programs = karpenterPrograms();
    const group = new ProcessGroup('kaito-e2e-karpenter-');
    try {
      await installCrds(plane, programs['karpenter-crds']);
      const [metrics = 0, health = 0, kwok = 0] = await freePorts(3);
      group.start('kwok', programs.kwok, [
        `--kubeconfig=${plane.kubeconfig}`,
        `--config=${data('stages.yaml')}`,
        '--manage-nodes-with-annotation-selector=kwok.x-k8s.io/node=fake',
        '--cidr=10.7.0.1/16',
        '--node-ip=10.7.0.1',
        `--server-address=127.0.0.1:${kwok}`,
      ]);
      const flags = [
        '--disable-leader-election=true',
        `--metrics-port=${metrics}`,
        `--health-probe-port=${health}`,
        '--feature-gates=StaticCapacity=true',
        `--instance-types-file-path=${data('instance-types.json')}`,
      ];
      const core = group.start('karpenter', programs.karpenter, flags, { KUBECONFIG: plane.kubeconfig });
      const karpenter = new Karpenter(plane, group, core, `http://127.0.0.1:${health}/readyz`);
      await healthy(group, `http://127.0.0.1:${kwok}/healthz`);
      await healthy(group, karpenter.health);
      return karpenter;
    } catch (error) {
      await group.stop();
      throw error;
    }
  }

  /** Makes the node class that claims refer to; Karpenter gives nothing without. Machines join after `registrationDelay`. */
  async nodeClass(name: string, registrationDelay = '0s'): Promise<void> {
    await this.plane.client.apply(KWOK_NODE_CLASSES, nodeClass(name, registrationDelay), { fieldManager: 'e2e' });
  }

  /** Kills Karpenter, as a node failure would, and starts it again. */
  async restart(): Promise<void> {
    this.core = await this.group.restart(this.core);
    await healthy(this.group, this.health);
  }

  /** What Karpenter has said so far, a JSON object a line. */
  log(): string {
    return readFileSync(this.core.log, 'utf8');
  }

  /** Ends both and removes what they wrote. The objects in the cluster stay. */
  async stop(): Promise<void> {
    await this.group.stop();
  }
}

function nodeClass(name: string, nodeRegistrationDelay: string): KubeObject {
  const { group, version, kind } = KWOK_NODE_CLASSES;
  return { apiVersion: `${group}/${version}`, kind, metadata: { name }, spec: { nodeRegistrationDelay } };
}

async function installCrds(plane: ControlPlane, folder: string): Promise<void> {
  const files = [...CRDS_OF_KARPENTER.map((file) => join(folder, file)), data('kwok-node-class-crd.yaml')];
  const applied = await plane.kubectl(['apply', '--server-side', ...files.flatMap((file) => ['-f', file])]);
  if (applied.code !== 0) throw new Error(`Karpenter's CustomResourceDefinitions were refused: ${applied.err}`);
  const waited = await plane.kubectl(['wait', '--for=condition=Established', 'crd', '--all', '--timeout=60s']);
  if (waited.code !== 0) throw new Error(`Karpenter's CustomResourceDefinitions are not served: ${waited.err}`);
}

async function healthy(group: ProcessGroup, url: string): Promise<void> {
  await eventually(async () => {
    group.check();
    const { status } = await fetch(url);
    if (status !== 200) throw new Error(`${url} answers ${status}`);
  });
}
