import { cpSync } from 'node:fs';

/** `cp -R FROM/. TO/`. */
const [from = '', to = ''] = process.argv.slice(2);
cpSync(from, to, { recursive: true });
