import { catalogue } from '@kaito-sdk/core';

/** What can be wrong before a request is made, or with a name that is taken. What the cloud refuses is in `arm-failures.ts`. */
export const aksErrors = catalogue({
  AKS_SETTING_MISSING: (setting: string, variable: string) =>
    `the AKS provisioner does not know its ${setting}; set "${setting}" in config["@kaito-sdk/provider-aks"], or the environment variable ${variable}`,
  AKS_CLOUD_UNKNOWN: (name: string, known: string) =>
    `AZURE_ENVIRONMENT is "${name}", which is none of Azure's clouds: ${known}; for another one leave it out and set endpoint, audience and authorityHost`,
  CLAIM_NAME_TAKEN: (pool: string, owner: string) =>
    `agent pool ${pool} exists and does not belong to Workspace ${owner}; delete it, or rename the Workspace`,
});
