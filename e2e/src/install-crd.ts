import { CRDS, type KubeClient, type KubeObject } from '@kaito-sdk/core';
import { eventually } from './eventually.js';

/** Applies a CustomResourceDefinition and waits until the server has established it and serves its versions. */
export async function installCrd(client: KubeClient, crd: KubeObject): Promise<void> {
  await client.apply(CRDS, crd, { fieldManager: 'e2e' });
  await eventually(async () => {
    const live = await client.get(CRDS, undefined, crd.metadata.name);
    const { conditions = [] } = (live?.status ?? {}) as { conditions?: { type: string; status: string }[] };
    if (!conditions.some(({ type, status }) => type === 'Established' && status === 'True')) {
      throw new Error(`${crd.metadata.name} is not established: ${JSON.stringify(conditions)}`);
    }
  });
}
