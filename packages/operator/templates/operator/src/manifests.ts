import { writeFileSync } from 'node:fs';
import { crdOf } from '@kaito-sdk/core';
import { Greeting } from './greeting.js';

// npm run manifests: what of deploy/ is made from the code.
writeFileSync('deploy/crd.json', `${JSON.stringify(crdOf(Greeting), null, 2)}\n`);
