import { KaitoError, type KubeObject } from '@kaito-sdk/core';
import { expect } from 'chai';
import { keepDefinitions, protectInRelease } from '../../dist/adopt/helm-release.js';
import { helmSecret, kaitoChart } from '../support/kaito-state.js';
import { storedManifest, storedRelease } from '../support/stored-manifest.js';

/** The Secret as it is after a step of the takeover. */
async function protectedSecret(secret: KubeObject): Promise<KubeObject> {
  let patched: KubeObject = secret;
  const client = {
    merge: async (_kind: object, _namespace: string, _name: string, patch: KubeObject) => {
      patched = { ...secret, ...patch };
    },
  };
  await protectInRelease(secret)?.carryOut(client as never);
  return patched;
}

describe('the Helm release of KAITO', () => {
  it('keeps its definitions when it is uninstalled: the policy is in the manifest that Helm stores', async () => {
    const before = helmSecret(kaitoChart());
    const after = storedManifest(await protectedSecret(before));
    const policies = after.map(({ kind, metadata }) => [kind, metadata.annotations?.['helm.sh/resource-policy']]);
    expect(policies).to.deep.equal([
      ['CustomResourceDefinition', 'keep'],
      ['Deployment', undefined],
      ['ValidatingWebhookConfiguration', undefined],
    ]);
    expect(after.map(({ spec }) => spec)).to.deep.equal(storedManifest(before).map(({ spec }) => spec));
  });

  it('is otherwise stored as it was, to the last digit of a chart’s values', async () => {
    const text = storedRelease(await protectedSecret(helmSecret(kaitoChart())));
    expect(text).to.include('"values":{"big":12345678901234567890,"share":1.0}');
    expect(text).to.match(/^{"name":"kaito-workspace","version":1,/);
  });

  it('is left alone when there is nothing to protect, or it is protected already', async () => {
    expect(protectInRelease(helmSecret(kaitoChart().slice(1)))).to.equal(undefined);
    expect(protectInRelease(await protectedSecret(helmSecret(kaitoChart())))).to.equal(undefined);
  });

  it('ends the takeover when it is not what Helm writes', () => {
    for (const data of [
      undefined,
      { release: 'bm90aGluZw==' },
      { release: Buffer.from('eyJhIjoxfQ==').toString('base64') },
    ]) {
      const secret: KubeObject = { ...helmSecret([]), data };
      expect(() => protectInRelease(secret)).to.throw(/does not hold a release.*nothing was changed/);
      try {
        protectInRelease(secret);
      } catch (error) {
        expect(KaitoError.is(error) && error.code).to.equal('HELM_RELEASE_UNREADABLE');
      }
    }
  });

  it('is divided as Helm divides it, comments and other documents untouched', () => {
    const other =
      '# Source: a.yaml\napiVersion: v1\nkind: ConfigMap\ndata:\n  text: |\n    kind: CustomResourceDefinition\n';
    const crd =
      '# Source: b.yaml\napiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata:\n  name: x.y\n';
    const { manifest, definitions } = keepDefinitions(`---\n${other}---\n${crd}\n---\n${other}`);
    expect(definitions).to.deep.equal(['x.y']);
    expect(manifest).to.equal(
      `---\n${other}---\n${crd.trimEnd()}\n  annotations:\n    helm.sh/resource-policy: keep\n\n---\n${other}`,
    );
  });
});
