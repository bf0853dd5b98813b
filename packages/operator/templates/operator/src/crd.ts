import { crdOf } from '@kaito-sdk/core';
import { Greeting } from './greeting.js';

// npm run --silent crd | kubectl apply --server-side -f -
process.stdout.write(`${JSON.stringify(crdOf(Greeting), null, 2)}\n`);
