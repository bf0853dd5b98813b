/** Resource classes: one TypeScript class is the type, the CRD and the validation of a custom resource. Knows nothing of Workspaces. */
export {
  type ConditionUpdate,
  conditionEquals,
  getCondition,
  isTrue,
  removeCondition,
  sameConditions,
  setCondition,
} from './conditions.js';
export { crdOf, resourceKindOf, schemaOf } from './crd.js';
export { Column, Embedded, Field, ListMap, Resource, Rule } from './decorators.js';
export { withDefaults } from './defaults.js';
export type {
  ColumnOptions,
  FieldOptions,
  FieldType,
  ResourceClass,
  ResourceOptions,
  ResourceVersion,
  RuleOptions,
  ValueOptions,
} from './facts.js';
export {
  causesOf,
  type FieldError,
  type FieldErrorReason,
  formatFieldErrors,
  type StatusCause,
} from './field-error.js';
export type { JsonSchema, SchemaType, ValidationRule } from './json-schema.js';
export { ResourceClassError } from './resource-class-error.js';
export { Conditions, StatusCondition } from './status-condition.js';
export { type UnknownField, unknownFields } from './unknown-fields.js';
export { operatorOnlyChecks, type ValidateOptions, validate } from './validate.js';
