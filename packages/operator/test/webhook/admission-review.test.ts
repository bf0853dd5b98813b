import { defaultWorkspaces, validateWorkspaces } from '@kaito-sdk/operator';
import { expect } from 'chai';

const workspace = (more: object = {}) => ({
  apiVersion: 'kaito.sh/v1beta1',
  kind: 'Workspace',
  metadata: { name: 'phi', namespace: 'default' },
  resource: { instanceType: 'Standard_NC4as_T4_v3', labelSelector: { matchLabels: { apps: 'phi' } } },
  inference: { preset: { name: 'phi-3-mini-4k-instruct' } },
  ...more,
});
const create = (object: unknown) => ({ uid: 'u1', operation: 'CREATE' as const, name: 'phi', object, oldObject: null });
const update = (object: unknown, oldObject: unknown) => ({
  ...create(object),
  operation: 'UPDATE' as const,
  oldObject,
});

describe('the validating webhook', () => {
  const validate = validateWorkspaces();

  it('lets a good Workspace in', () => {
    expect(validate(create(workspace()))).to.deep.equal({ uid: 'u1', allowed: true });
  });

  it('refuses as the API server does: 422, each field as a cause', () => {
    const { allowed, status } = validate(create(workspace({ inference: { preset: { name: '' } } })));
    expect(allowed).to.equal(false);
    expect(status).to.deep.include({ code: 422, reason: 'Invalid' });
    expect(status)
      .to.have.nested.property('message')
      .that.matches(/^Workspace\.kaito\.sh "phi" is invalid: inference\.preset\.name/);
    expect(status).to.have.nested.property('details.causes[0].field', 'inference.preset.name');
  });

  it('refuses a change of what cannot change', () => {
    const changed = workspace({ resource: { instanceType: 'x', labelSelector: { matchLabels: { apps: 'other' } } } });
    expect(validate(update(changed, workspace())).status)
      .to.have.nested.property('message')
      .that.matches(/resource\.labelSelector: cannot be changed|resource\.labelSelector cannot be changed/);
  });

  it('never stands in the way of a deletion', () => {
    const going = {
      ...workspace(),
      metadata: { name: 'phi', deletionTimestamp: '2026-01-01T00:00:00Z' },
      inference: {},
    };
    expect(validate(update(going, workspace())).allowed).to.equal(true);
  });

  for (const odd of [null, undefined, 1, 'x', [], {}]) {
    it(`refuses ${JSON.stringify(odd) ?? 'nothing'} without failing`, () => {
      expect(validate(create(odd)).allowed).to.equal(false);
    });
  }

  describe('with doubts', () => {
    const doubting = validateWorkspaces(() => ['nothing will be started:\n it fits nowhere']);

    it('warns and lets in, in one line', () => {
      expect(doubting(create(workspace()))).to.deep.equal({
        uid: 'u1',
        allowed: true,
        warnings: ['nothing will be started: it fits nowhere'],
      });
    });

    it('cuts what kubectl would have to wrap for ever', () => {
      const [warning = ''] = validateWorkspaces(() => ['x'.repeat(5000)])(create(workspace())).warnings ?? [];
      expect(warning).to.have.length(250);
    });

    it('does not repeat itself when only the metadata changed', () => {
      const labelled = workspace({ metadata: { name: 'phi', labels: { a: 'b' } } });
      expect(doubting(update(labelled, workspace()))).not.to.have.property('warnings');
    });
  });
});

describe('the defaulting webhook', () => {
  const fill = defaultWorkspaces({ priceLimit: 4 });

  it('answers with a patch of what is missing', () => {
    const { patch = '', patchType } = fill(create(workspace()));
    expect(patchType).to.equal('JSONPatch');
    const { resource } = workspace();
    expect(JSON.parse(Buffer.from(patch, 'base64').toString())).to.deep.equal([
      { op: 'replace', path: '/resource', value: { ...resource, priceLimit: 4 } },
    ]);
  });

  it('answers without one when nothing is missing, or there is nothing to fill', () => {
    expect(defaultWorkspaces({})(create(workspace()))).to.deep.equal({ uid: 'u1', allowed: true });
    expect(fill(create(null))).to.deep.equal({ uid: 'u1', allowed: true });
  });
});
