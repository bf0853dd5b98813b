import { amazonIdentity } from './amazon-identity.js';
import { azureIdentity, type CloudIdentity, googleIdentity } from './cloud-identity.js';

/** In no particular order: at most one serves a registry. */
export const cloudIdentities: readonly CloudIdentity[] = [azureIdentity, googleIdentity, amazonIdentity];
