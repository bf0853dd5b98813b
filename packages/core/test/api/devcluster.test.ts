import { readFileSync } from 'node:fs';
import { ApiError, ApiServer, type KubeObject } from '@kaito-sdk/devcluster';
import { expect } from 'chai';
import { Workspace } from '../../dist/api/index.js';
import { crdOf } from '../../dist/resource/index.js';
import { cases } from './workspace-cases.js';

const CRDS = { group: 'apiextensions.k8s.io', version: 'v1', plural: 'customresourcedefinitions' };
const workspaces = (version: string) => ({ group: 'kaito.sh', version, plural: 'workspaces' });

const server: Record<string, string[]> = JSON.parse(
  readFileSync(new URL('../../test/api/server-answers.json', import.meta.url), 'utf8'),
);

describe('an API server with the CRD of Workspace', () => {
  const api = new ApiServer();
  before(async () => {
    await api.client.create(CRDS, crdOf(Workspace) as unknown as KubeObject);
  });

  let count = 0;
  /** A case as an object of its own, whatever name it has. */
  function prepared(object: Record<string, unknown>, name: string): KubeObject {
    return { ...structuredClone(object), metadata: { name, namespace: 'default' } } as unknown as KubeObject;
  }

  async function refusals(write: () => Promise<unknown>): Promise<string[]> {
    try {
      await write();
      return [];
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      const causes = error.status.details?.causes ?? [];
      // The server adds a cause without a field when a broken schema kept it from looking at the rules. Recorded answers are without it.
      return causes
        .filter(({ field }) => field !== '<nil>')
        .map(({ field, reason }) => `${field ?? ''} ${(reason ?? '').replace('FieldValue', '')}`)
        .sort();
    }
  }

  // The server takes no status with a create, so those cases have nothing to be refused for here.
  for (const { name, object, old } of cases.filter((each) => each.object.status === undefined)) {
    const answer = server[name] ?? [];
    it(`${answer.length === 0 ? 'takes' : 'refuses'} ${name}`, async () => {
      count += 1;
      const unique = `w-${count}`;
      const version = String(object.apiVersion).replace('kaito.sh/', '');
      if (old === undefined) {
        expect(await refusals(() => api.client.create(workspaces(version), prepared(object, unique)))).to.deep.equal(
          answer,
        );
        return;
      }
      const { metadata } = await api.client.create(workspaces('v1beta1'), prepared(old, unique));
      const changed = prepared(object, unique);
      changed.metadata.resourceVersion = metadata.resourceVersion as string;
      expect(await refusals(() => api.client.update(workspaces(version), changed))).to.deep.equal(answer);
    });
  }

  it('gives what was applied in the older version in the stored one, with its defaults and all fields of head', async () => {
    const whole = cases.find(({ name }) => name === 'valid: every field of head')?.object ?? {};
    const applied = { ...prepared(whole, 'old-version'), apiVersion: 'kaito.sh/v1alpha1' };
    delete (applied as Record<string, unknown>).status;
    await api.client.create(workspaces('v1alpha1'), applied);
    const read = await api.client.get(workspaces('v1beta1'), 'default', 'old-version');
    expect(read?.apiVersion).to.equal('kaito.sh/v1beta1');
    expect(read?.resource).to.deep.equal(whole.resource);
    expect(read?.inference).to.deep.equal(whole.inference);
  });
});
