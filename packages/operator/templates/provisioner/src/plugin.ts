import { definePlugin } from '@kaito-sdk/core';
import { IsUrl } from 'class-validator';
import { httpMachines } from './http-machines.js';
import { labelsOf, MachineProvisioner } from './provisioner.js';

/** What stands under `config["__PACKAGE__"]` in the operator's configuration. */
class Settings {
  /** Of your API. */
  @IsUrl({ require_tld: false })
  endpoint!: string;
}

export default definePlugin(
  { name: '__PACKAGE__', apiVersion: '__API__', provides: ['provisioner'], requires: ['instances'], config: Settings },
  ({ config, provisioner }) =>
    provisioner({
      name: '__NAME__',
      retired: 'warn',
      nodeSelector: labelsOf,
      connect: () => new MachineProvisioner(httpMachines(config.endpoint)),
    }),
);
