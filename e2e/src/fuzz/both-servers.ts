import { ApiServer, type ApiTransport } from '@kaito-sdk/devcluster';
import { ask } from '../ask.js';
import { ControlPlane } from '../control-plane.js';
import { eventually } from '../eventually.js';

const DEFINITIONS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';

/** A real API server and a devcluster that hold the same. */
export interface BothServers {
  readonly real: ApiTransport;
  readonly ours: ApiTransport;
  stop(): Promise<void>;
}

/** Starts both, without controllers, and defines `crd` on both. */
export async function bothServers(crd: object): Promise<BothServers> {
  const plane = await ControlPlane.start();
  try {
    const own = new ApiServer();
    const { group, names } = (crd as { spec: { group: string; names: { plural: string } } }).spec;
    for (const transport of [plane.transport, own.transport]) {
      await ask(transport, 'POST', DEFINITIONS, crd);
      await eventually(async () => {
        const { status } = await ask(transport, 'GET', `/apis/${group}/v1/namespaces/default/${names.plural}`);
        if (status !== 200) throw new Error(`${names.plural} are answered ${status}`);
      });
    }
    return { real: plane.transport, ours: own.transport, stop: () => plane.stop() };
  } catch (error) {
    await plane.stop();
    throw error;
  }
}
