export { configErrorCodes, OperatorConfig, operatorConfig, readConfig } from './config.js';
export { type FitLine, fitLine, fitLines } from './fit-lines.js';
export { type KaitoOperatorProps, kaitoOperator, OPERATOR_NAME } from './kaito-operator.js';
export { type Installed, installPlugins } from './plugins.js';
