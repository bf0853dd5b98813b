import type { KubeObject } from '@kaito-sdk/core';
import { expect } from 'chai';
import { byAnybody, byKaitoWithStatus, takenOver } from '../../dist/adopt/managed-fields.js';

const entry = (manager: string, operation: string, fieldsV1: object, subresource?: string): object => ({
  manager,
  operation,
  apiVersion: 'apps/v1',
  fieldsType: 'FieldsV1',
  fieldsV1,
  ...(subresource === undefined ? {} : { subresource }),
});
const owned = (...managedFields: object[]): KubeObject => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'phi', managedFields } as KubeObject['metadata'],
});

describe('the owners of fields after a takeover', () => {
  it('are this operator for what KAITO wrote, and everybody else for what is theirs', () => {
    const after = takenOver(
      owned(
        entry('manager', 'Update', { 'f:spec': { 'f:replicas': {} } }),
        entry('kube-controller-manager', 'Update', { 'f:status': {} }, 'status'),
        entry('kubectl-edit', 'Update', { 'f:metadata': { 'f:labels': { 'f:team': {} } } }),
      ),
      'kaito-sdk',
    );
    expect(after).to.deep.equal([
      entry('kube-controller-manager', 'Update', { 'f:status': {} }, 'status'),
      entry('kubectl-edit', 'Update', { 'f:metadata': { 'f:labels': { 'f:team': {} } } }),
      entry('kaito-sdk', 'Apply', { 'f:spec': { 'f:replicas': {} } }),
    ]);
  });

  it('have what this operator applied before as well', () => {
    const after = takenOver(
      owned(
        entry('kaito-sdk', 'Apply', { 'f:spec': { 'f:paused': {} } }),
        entry('manager', 'Update', { 'f:spec': { 'f:replicas': {} } }),
        entry('workspace', 'Update', { 'f:spec': { 'f:template': { 'f:spec': {} } } }),
      ),
      'kaito-sdk',
    );
    expect(after).to.deep.equal([
      entry('kaito-sdk', 'Apply', { 'f:spec': { 'f:paused': {}, 'f:replicas': {}, 'f:template': { 'f:spec': {} } } }),
    ]);
  });

  it('include the status of KAITO’s own kinds, apart from the rest as the server keeps it', () => {
    const object = owned(
      entry('manager', 'Update', { 'f:spec': {} }),
      entry('manager', 'Update', { 'f:status': {} }, 'status'),
    );
    expect(takenOver(object, 'kaito-sdk', byKaitoWithStatus)).to.deep.equal([
      entry('kaito-sdk', 'Apply', { 'f:spec': {} }),
      entry('kaito-sdk', 'Apply', { 'f:status': {} }, 'status'),
    ]);
  });

  it('change also where Helm wrote, if anybody’s is asked for, but not in the status', () => {
    const status = entry('kube-apiserver', 'Update', { 'f:status': {} }, 'status');
    const object = owned(entry('helm', 'Apply', { 'f:spec': {} }), status);
    expect(takenOver(object, 'kaito-sdk')).to.equal(undefined);
    expect(takenOver(object, 'kaito-sdk', byAnybody)).to.deep.equal([
      status,
      entry('kaito-sdk', 'Apply', { 'f:spec': {} }),
    ]);
  });

  it('are nobody else where there is nothing to take over', () => {
    expect(takenOver(owned(entry('kaito-sdk', 'Update', { 'f:spec': {} })), 'kaito-sdk')).to.equal(undefined);
    expect(takenOver(owned(), 'kaito-sdk')).to.equal(undefined);
  });
});
