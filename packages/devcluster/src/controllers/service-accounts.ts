import { kinds } from '../kinds.js';
import { isReason } from './api-failure.js';
import { type Controller, type ControllerContext, source } from './controller.js';

/** Keeps a ServiceAccount `default` in each namespace (kube-controller-manager's serviceaccount controller). */
export function serviceAccounts({ view }: ControllerContext): Controller {
  return {
    name: 'serviceaccount',
    sources: [
      source(kinds.namespaces, ({ object }) => [object.metadata.name]),
      source(kinds.serviceAccounts, ({ object, gone }) =>
        gone && object.metadata.name === 'default' ? [object.metadata.namespace ?? ''] : [],
      ),
    ],
    async reconcile(name) {
      const namespace = view.mirror(kinds.namespaces).get(undefined, name);
      if (namespace === undefined || namespace.metadata.deletionTimestamp !== undefined) return undefined;
      if (view.mirror(kinds.serviceAccounts).get(name, 'default') !== undefined) return undefined;
      try {
        await view.create(kinds.serviceAccounts, {
          apiVersion: 'v1',
          kind: 'ServiceAccount',
          metadata: { name: 'default', namespace: name },
        });
      } catch (error) {
        // Somebody was faster, or the namespace has begun to go.
        if (!isReason(error, 'AlreadyExists') && !isReason(error, 'Forbidden') && !isReason(error, 'NotFound'))
          throw error;
      }
      return undefined;
    },
  };
}
