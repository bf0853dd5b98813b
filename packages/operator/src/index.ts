export { configReference } from './config/config-reference.js';
export { configSchema } from './config/config-schema.js';
export { type WorkspaceDefaults, withWorkspaceDefaults } from './config/workspace-defaults.js';
export { configErrorCodes, OperatorConfig, operatorConfig, readConfig } from './config.js';
export { crds } from './crds.js';
export { type FitLine, fitLine, fitLines } from './fit-lines.js';
export { type KaitoOperatorProps, kaitoOperator, OPERATOR_NAME } from './kaito-operator.js';
export { checkLiveCrd, crdErrors } from './live-crd.js';
export { type Installed, installPlugins } from './plugins.js';
export { type ServeProps, serveOperator, WEBHOOK_PATHS } from './serve-operator.js';
export {
  type Admission,
  type AdmissionRequest,
  type AdmissionResponse,
  defaultWorkspaces,
  validateWorkspaces,
} from './webhook/admission-review.js';
export { type CertificateSet, renewed } from './webhook/certificate-authority.js';
export {
  CertificateKeeper,
  type CertificateKeeperProps,
  MUTATING_WEBHOOKS,
  VALIDATING_WEBHOOKS,
} from './webhook/certificate-keeper.js';
export { webhookErrors } from './webhook/webhook-errors.js';
export { type ServingCertificate, WebhookServer, type WebhookServerOptions } from './webhook/webhook-server.js';
export { type OutputStream, whenNobodyReads } from './when-nobody-reads.js';
