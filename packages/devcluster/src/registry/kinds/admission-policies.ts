import { asList, asObject, at, isObject } from '../../store/json.js';
import type { Resource, Strategy } from '../resource.js';
import { ageColumn, integer, nameColumn, path, text } from './columns.js';
import { define } from './define.js';

const shared = {
  group: 'admissionregistration.k8s.io',
  namespaced: false,
  categories: ['api-extensions'],
} as const;

/** What the server fills into the part that says which requests are meant. */
function fillIn(match: unknown): void {
  if (!isObject(match)) return;
  match.matchPolicy ??= 'Equivalent';
  match.namespaceSelector ??= {};
  match.objectSelector ??= {};
  for (const rules of [match.resourceRules, match.excludeResourceRules]) {
    for (const rule of asList(rules)) if (isObject(rule)) rule.scope ??= '*';
  }
}

const policies: Strategy = {
  conditional: true,
  generation: (object) => [object.spec],
  defaults({ spec }) {
    if (!isObject(spec)) return;
    spec.failurePolicy ??= 'Fail';
    fillIn(spec.matchConstraints);
  },
  validate({ spec }, causes) {
    const { matchConstraints, validations, auditAnnotations } = asObject(spec);
    if (matchConstraints === undefined) causes.required('spec.matchConstraints');
    if (asList(validations).length === 0 && asList(auditAnnotations).length === 0) {
      for (const part of ['validations', 'auditAnnotations']) {
        causes.required(`spec.${part}`, 'validations or auditAnnotations must be specified');
      }
    }
    asList(validations).forEach((each, index) => {
      if (!asObject(each).expression) causes.required(`spec.validations[${index}].expression`);
    });
  },
};

const bindings: Strategy = {
  conditional: true,
  generation: (object) => [object.spec],
  defaults({ spec }) {
    if (isObject(spec)) fillIn(spec.matchResources);
  },
  validate({ spec }, causes) {
    const { policyName, validationActions } = asObject(spec);
    if (!policyName) causes.required('spec.policyName');
    if (asList(validationActions).length === 0) causes.required('spec.validationActions');
  },
};

/** ValidatingAdmissionPolicies and their bindings. They are kept, and nothing asks them. */
export const admissionPolicies: readonly Resource[] = [
  define({
    ...shared,
    kind: 'ValidatingAdmissionPolicy',
    type: 'admissionregistration.v1.ValidatingAdmissionPolicy',
    status: true,
    strategy: policies,
    columns: [
      nameColumn,
      integer('Validations', (policy) => asList(at(policy, 'spec', 'validations')).length),
      text('ParamKind', (policy) => {
        const { apiVersion, kind } = asObject(at(policy, 'spec', 'paramKind'));
        return kind === undefined ? '<unset>' : `${apiVersion}/${kind}`;
      }),
      ageColumn,
    ],
  }),
  define({
    ...shared,
    kind: 'ValidatingAdmissionPolicyBinding',
    type: 'admissionregistration.v1.ValidatingAdmissionPolicyBinding',
    strategy: bindings,
    columns: [
      nameColumn,
      text('PolicyName', path('spec', 'policyName')),
      text('ParamRef', (binding) => {
        const { namespace, name } = asObject(at(binding, 'spec', 'paramRef'));
        return name === undefined ? '<unset>' : namespace === undefined ? `${name}` : `${namespace}/${name}`;
      }),
      ageColumn,
    ],
  }),
];
