import { stringify } from 'yaml';
import { crds } from '../crds.js';
import type { Command } from './command.js';

/** `kaito crds`: what must be installed before the operator starts. */
export const crdsCommand: Command = {
  name: 'crds',
  summary: 'print the CustomResourceDefinitions, for kubectl apply --server-side -f -',
  usage: 'Usage: kaito crds\n\nPrints the CustomResourceDefinitions as YAML.\n',
  async run(_args, io) {
    io.out(
      crds()
        .map((crd) => stringify(crd, { aliasDuplicateObjects: false }))
        .join('---\n'),
    );
    return 0;
  },
};
