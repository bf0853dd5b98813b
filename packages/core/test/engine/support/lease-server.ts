// An API server in a process of its own, so that it goes on while its clients are paused or busy. Says on its standard output
// where it is; ends with its standard input.
import { ApiServer } from '@kaito-sdk/devcluster';

const server = new ApiServer();
const { url, token, caPem: ca } = await server.listen();
process.stdout.write(`${JSON.stringify({ url, token, ca })}\n`);
process.stdin.resume().once('end', () => process.exit(0));
